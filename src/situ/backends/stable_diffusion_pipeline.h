// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "situ/core/device.h"
#include "situ/models/clip/clip_text_encoder.h"
#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/unet.h"
#include "situ/tokenizers/clip_tokenizer.h"

namespace situ {

struct InpaintingRun {
  std::string prompt = {};
  std::string negative_prompt = {};
  int64_t steps = 50;
  double guidance_scale = 7.5;
  std::string scheduler = "auto";
  double strength = 1;
  std::uint64_t seed = 0;
  at::Tensor latents = {};  // start from these, float [1, C, h, w], instead of noise
  std::function<void(std::size_t done, std::size_t total)> on_step = {};
};

/// Stable Diffusion inpainting from a diffusers model folder, step for step what diffusers'
/// StableDiffusionInpaintPipeline computes: same folder, inputs and latents, same picture.
class StableDiffusionPipeline {
 public:
  /// Reads model_index.json, unet/, vae/, text_encoder/, tokenizer/ and scheduler/.
  /// Throws FileError or DataError naming file and reason; a UNet that does not take latents, mask
  /// and masked latents is refused.
  StableDiffusionPipeline(const std::filesystem::path& folder, const Compute& compute);

  /// image: uint8 [3, H, W]; mask: uint8 [H, W], 128 or more = paint; both are resized to width x
  /// height with Pillow's LANCZOS. Returns uint8 [3, height, width].
  ///
  /// The generator (CPU, seeded with `run.seed`) draws the initial noise first, unless latents are
  /// given, then, where the autoencoder has a distribution, one sample of the masked image's
  /// latents. Throws std::invalid_argument unless width and height are multiples of `factor()`,
  /// steps >= 1 and strength in (0, 1].
  at::Tensor inpaint(const at::Tensor& image, const at::Tensor& mask, int64_t height, int64_t width,
                     const InpaintingRun& run);

  /// The first half of `inpaint`: the latents that it decodes, [1, C, height / f, width / f].
  at::Tensor inpaint_latents(const at::Tensor& image, const at::Tensor& mask, int64_t height,
                             int64_t width, const InpaintingRun& run);

  /// The side of the pictures that the model was made for [px].
  int64_t native_size() const;
  /// Pixels a latent pixel.
  int64_t factor() const { return autoencoder_->factor(); }

 private:
  at::Tensor embedded(const std::string& prompt);
  at::Tensor initial_latents(const at::Tensor& image, const InpaintingRun& run, int64_t height,
                             int64_t width, int64_t first_timestep, bool pure_noise,
                             const Scheduler& scheduler, at::Generator& generator);

  Compute compute_;
  ClipTokenizer tokenizer_;
  ClipTextEncoder text_encoder_{nullptr};
  UNet unet_{nullptr};
  std::unique_ptr<Autoencoder> autoencoder_;
  nlohmann::json scheduler_config_;
  std::string scheduler_file_;
};

}  // namespace situ
