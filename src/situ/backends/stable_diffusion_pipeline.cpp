// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/stable_diffusion_pipeline.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <stdexcept>

#include "situ/backends/model_files.h"
#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/tensor_check.h"
#include "situ/imaging/resize.h"
#include "situ/io/json_file.h"
#include "situ/models/stable_diffusion/inpainting.h"
#include "situ/nn/channels_last.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDiffusionWeights = "diffusion_pytorch_model";

void require_model_folder(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw FileError(folder.string() + ": no such folder; expected a diffusers model folder");
  }
  if (!fs::exists(folder / "model_index.json")) {
    throw FileError((folder / "model_index.json").string() +
                    ": missing; expected a diffusers model folder of an inpainting model");
  }
}

void place(torch::nn::Module& module, const Compute& compute) {
  module.eval();
  module.to(compute.device, compute.dtype);
  use_channels_last(module);
  for (at::Tensor& weight : module.parameters()) weight.set_requires_grad(false);
}

void check_run(const InpaintingRun& run, int64_t height, int64_t width, int64_t factor) {
  const auto fail = [](const std::string& what) {
    throw std::invalid_argument("inpaint: " + what);
  };
  if (run.steps < 1) fail("steps = " + std::to_string(run.steps) + " must be 1 or more");
  if (!(run.strength > 0 && run.strength <= 1)) {
    fail("strength = " + std::to_string(run.strength) + " must be in (0, 1]");
  }
  if (height < factor || width < factor || height % factor != 0 || width % factor != 0) {
    fail("width and height must be multiples of " + std::to_string(factor) + ", got " +
         std::to_string(width) + " x " + std::to_string(height));
  }
}

// [3, H, W] bytes -> [1, 3, height, width] in [-1, 1]
at::Tensor model_image(const at::Tensor& image, int64_t height, int64_t width) {
  const at::Tensor resized = resize(image, height, width, Interpolation::kLanczos);
  return resized.unsqueeze(0).to(at::kFloat).div(255).mul(2).sub(1);
}

// [H, W] bytes -> [1, 1, height, width], 0 or 1
at::Tensor model_mask(const at::Tensor& mask, int64_t height, int64_t width) {
  const at::Tensor resized = resize(mask, height, width, Interpolation::kLanczos);
  return resized.unsqueeze(0).unsqueeze(0).to(at::kFloat).div(255).ge(0.5).to(at::kFloat);
}

}  // namespace

StableDiffusionPipeline::StableDiffusionPipeline(const fs::path& folder, const Compute& compute)
    : compute_(compute),
      tokenizer_((require_model_folder(folder), ClipTokenizer::from_folder(folder / "tokenizer"))) {
  const fs::path text_config = folder / "text_encoder" / "config.json";
  text_encoder_ = ClipTextEncoder(ClipTextConfig::from_json(load_json(text_config), text_config));
  load_state_dict(*text_encoder_,
                  renamed(load_weights(folder / "text_encoder", "model"), clip_text_key),
                  weights_file(folder / "text_encoder", "model"));

  const fs::path unet_config = folder / "unet" / "config.json";
  unet_ = UNet(UNetConfig::from_json(load_json(unet_config), unet_config));
  load_state_dict(*unet_, load_weights(folder / "unet", kDiffusionWeights),
                  weights_file(folder / "unet", kDiffusionWeights));

  const fs::path vae_config = folder / "vae" / "config.json";
  autoencoder_ = make_autoencoder(load_json(vae_config), vae_config);
  load_state_dict(autoencoder_->module(),
                  autoencoder_state(load_weights(folder / "vae", kDiffusionWeights)),
                  weights_file(folder / "vae", kDiffusionWeights));

  const int64_t wanted = 2 * autoencoder_->latent_channels() + 1;
  if (unet_->config().in_channels != wanted) {
    throw DataError(unet_config, "in_channels: expected " + std::to_string(wanted) +
                                     " (latents, mask and masked latents), got " +
                                     std::to_string(unet_->config().in_channels) +
                                     ": this is no inpainting model");
  }
  if (text_encoder_->config().hidden_size != unet_->config().cross_attention_dim) {
    throw DataError(unet_config, "cross_attention_dim: expected the text encoder's hidden_size " +
                                     std::to_string(text_encoder_->config().hidden_size) +
                                     ", got " +
                                     std::to_string(unet_->config().cross_attention_dim));
  }
  scheduler_file_ = folder / "scheduler" / "scheduler_config.json";
  scheduler_config_ = load_json(scheduler_file_);
  for (torch::nn::Module* module :
       {static_cast<torch::nn::Module*>(text_encoder_.get()),
        static_cast<torch::nn::Module*>(unet_.get()), &autoencoder_->module()}) {
    place(*module, compute);
  }
}

int64_t StableDiffusionPipeline::native_size() const {
  return unet_->config().sample_size * autoencoder_->factor();
}

at::Tensor StableDiffusionPipeline::embedded(const std::string& prompt) {
  std::vector<int64_t> ids = tokenizer_.encode(prompt);
  const int64_t positions = text_encoder_->config().max_position_embeddings;
  if (static_cast<int64_t>(ids.size()) > positions) {
    throw std::invalid_argument("the tokenizer gives " + std::to_string(ids.size()) +
                                " tokens, the text encoder takes " + std::to_string(positions));
  }
  return text_encoder_(at::tensor(ids, at::kLong).unsqueeze(0).to(compute_.device));  // [1, T, D]
}

at::Tensor StableDiffusionPipeline::initial_latents(const at::Tensor& image,
                                                    const InpaintingRun& run, int64_t height,
                                                    int64_t width, int64_t first_timestep,
                                                    bool pure_noise, const Scheduler& scheduler,
                                                    at::Generator& generator) {
  const std::vector<int64_t> shape = {1, autoencoder_->latent_channels(), height / factor(),
                                      width / factor()};
  if (run.latents.defined()) {
    if (run.latents.sizes() != at::IntArrayRef(shape)) {
      throw std::invalid_argument("latents: expected " + shape_text(at::empty(shape)) + ", got " +
                                  shape_text(run.latents));
    }
    return run.latents.to(compute_.device, compute_.dtype);
  }
  if (pure_noise) return at::randn(shape, generator, compute_.dtype).to(compute_.device);
  const at::Tensor known = autoencoder_->encode(image, generator);
  const at::Tensor noise = at::randn(shape, generator, compute_.dtype).to(compute_.device);
  return scheduler.add_noise(known, noise, first_timestep);
}

at::Tensor StableDiffusionPipeline::inpaint(const at::Tensor& image, const at::Tensor& mask,
                                            int64_t height, int64_t width,
                                            const InpaintingRun& run) {
  const c10::InferenceMode inference;
  const at::Tensor latents = inpaint_latents(image, mask, height, width, run);
  const at::Tensor decoded = autoencoder_->decode(latents).to(at::kCPU, at::kFloat);
  return decoded.squeeze(0).div(2).add(0.5).clamp(0, 1).mul(255).round().to(at::kByte).contiguous();
}

at::Tensor StableDiffusionPipeline::inpaint_latents(const at::Tensor& image_in,
                                                    const at::Tensor& mask_in, int64_t height,
                                                    int64_t width, const InpaintingRun& run) {
  check_image(image_in, "inpaint: image");
  check_shape(mask_in, {"H", "W"}, "inpaint: mask");
  check_dtype(mask_in, at::kByte, "inpaint: mask");
  check_run(run, height, width, factor());
  const c10::InferenceMode inference;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(run.seed);

  const at::Tensor text = embedded(run.prompt);
  const at::Tensor negative = run.guidance_scale > 1 ? embedded(run.negative_prompt) : at::Tensor();
  const std::unique_ptr<Scheduler> scheduler =
      make_scheduler(scheduler_config_, scheduler_file_, run.scheduler, run.steps);
  const auto kept_steps =
      std::min(static_cast<int64_t>(static_cast<double>(run.steps) * run.strength), run.steps);
  if (kept_steps < 1) {
    throw std::invalid_argument("inpaint: strength " + std::to_string(run.strength) + " of " +
                                std::to_string(run.steps) + " steps leaves none");
  }
  const auto first_step = static_cast<std::size_t>(run.steps - kept_steps);

  const at::Tensor image = model_image(image_in, height, width).to(compute_.device, compute_.dtype);
  const at::Tensor mask = model_mask(mask_in, height, width).to(compute_.device, compute_.dtype);
  const at::Tensor latents =
      initial_latents(image, run, height, width, scheduler->timesteps()[first_step],
                      /*pure_noise=*/run.strength == 1, *scheduler, generator);
  const at::Tensor masked_image = (image * (1 - mask)).contiguous(at::MemoryFormat::ChannelsLast);
  const InpaintingCondition condition{
      .text = text,
      .negative_text = negative,
      .guidance_scale = run.guidance_scale,
      .mask = at::upsample_nearest2d(mask, {height / factor(), width / factor()}),
      .masked_image_latents = autoencoder_->encode(masked_image, generator)};

  const std::size_t total = scheduler->timesteps().size() - first_step;
  return denoise_inpainting(unet_, *scheduler, condition, latents, first_step,
                            [&](std::size_t done) {
                              throw_if_interrupted();
                              if (run.on_step) run.on_step(done, total);
                            });
}

}  // namespace situ
