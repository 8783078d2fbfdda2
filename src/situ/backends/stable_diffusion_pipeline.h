// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "situ/backends/diffusion_model_files.h"
#include "situ/backends/prompt_encoder.h"
#include "situ/core/device.h"
#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/models/stable_diffusion/denoising.h"
#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/unet.h"

namespace situ {

/// Height and width, or top and left [px].
using PixelPair = std::array<int64_t, 2>;

/// What all kinds of painting take.
struct DiffusionRun {
  std::string prompt = {};
  std::optional<std::string> negative_prompt = {};  // SDXL tells none from an empty one
  int64_t steps = 50;
  double guidance_scale = 7.5;        // 1 or less: no guidance
  double image_guidance_scale = 1.5;  // editing only
  double guidance_rescale = 0;        // [0, 1]
  std::string scheduler = "auto";
  Shortcuts shortcuts = {};
  double strength = 1;  // share of the schedule that is run, where a picture is given (0, 1]
  std::uint64_t seed = 0;
  PromptSyntax prompt_syntax = PromptSyntax::kWeighted;
  int64_t clip_skip = 0;
  at::Tensor latents = {};  // start from these, float [1, C, h, w], instead of drawn noise
  // SDXL's micro-conditioning; the size of the result where not given.
  std::optional<PixelPair> original_size = {};
  std::optional<PixelPair> target_size = {};
  PixelPair crop_top_left = {0, 0};
  std::function<void(std::size_t done, std::size_t total)> on_step = {};
};

struct Painting {
  at::Tensor latents;  // [1, C, height / f, width / f], scaled
  at::Tensor picture;  // uint8 [3, height, width]
};

/// What a denoiser was made to take, by its input channels.
enum class DenoiserKind {
  kLatents,  // 4: text to image, image to image, inpainting by putting back what is known
  kMaskAndMaskedLatents,  // 9: inpainting
  kImageLatents           // 8: editing by instruction (InstructPix2Pix)
};

/// Stable Diffusion 1, 2 and XL, step for step what diffusers' pipelines compute: same model,
/// inputs and latents, same picture. Noise comes from a CPU generator seeded with `run.seed`, drawn
/// in the order of diffusers, so that the seed carries over from torch.Generator.
///
/// All methods throw std::invalid_argument for options out of range, sizes that are no multiples of
/// factor(), or a kind of painting that the denoiser was not made for, and std::runtime_error where
/// the network's numbers overflow.
class StableDiffusionPipeline {
 public:
  /// Throws FileError or DataError naming file and reason.
  StableDiffusionPipeline(const std::filesystem::path& model, const Compute& compute,
                          const DiffusionModelOptions& options = {});

  /// Text to image, as StableDiffusionPipeline and StableDiffusionXLPipeline.
  Painting imagine(int64_t height, int64_t width, const DiffusionRun& run);

  /// Image to image, as StableDiffusionImg2ImgPipeline and the XL one. image: uint8 [3, H, W],
  /// resized to height x width with Pillow's LANCZOS.
  Painting vary(const at::Tensor& image, int64_t height, int64_t width, const DiffusionRun& run);

  /// Inpainting, as StableDiffusionInpaintPipeline and the XL one. mask: uint8 [H, W], 128 or more
  /// = paint; both are resized as above.
  Painting inpaint(const at::Tensor& image, const at::Tensor& mask, int64_t height, int64_t width,
                   const DiffusionRun& run);

  /// Editing by instruction, as StableDiffusionInstructPix2PixPipeline.
  Painting edit(const at::Tensor& image, int64_t height, int64_t width, const DiffusionRun& run);

  /// What the denoiser was made for.
  DenoiserKind kind() const { return kind_; }
  /// The side of the pictures that the model was made for [px].
  int64_t native_size() const;
  /// Pixels a latent pixel.
  int64_t factor() const { return autoencoder_->factor(); }

 private:
  DenoisingTask prompted(const DiffusionRun& run, Guidance guidance, int64_t height, int64_t width,
                         bool from_picture);
  at::Tensor time_ids(const DiffusionRun& run, int64_t height, int64_t width, bool from_picture,
                      double aesthetic_score) const;
  Guidance text_guidance(const DiffusionRun& run) const;
  at::Tensor noise(const DiffusionRun& run, int64_t height, int64_t width,
                   at::Generator& generator) const;
  at::Tensor encoded(const at::Tensor& image, std::optional<at::Generator> generator);
  Painting painted(const DiffusionRun& run, Scheduler& scheduler, const DenoisingTask& task,
                   const at::Tensor& latents, std::size_t first_step, at::Generator& generator);
  at::Tensor autoencoder_input(const at::Tensor& image) const;
  at::Tensor decoded(const at::Tensor& latents);
  std::unique_ptr<Scheduler> scheduler(const DiffusionRun& run) const;
  void require_kind(DenoiserKind kind, const char* what) const;
  void check_run(const DiffusionRun& run, int64_t height, int64_t width) const;

  Compute compute_;
  DiffusionModelFiles files_;  // their weights are gone once loaded
  DenoiserKind kind_ = DenoiserKind::kLatents;
  std::unique_ptr<PromptEncoder> prompts_;
  UNet unet_{nullptr};
  std::unique_ptr<Autoencoder> autoencoder_;
  c10::ScalarType autoencoder_dtype_ = c10::kFloat;
  bool single_use_ = false;
};

}  // namespace situ
