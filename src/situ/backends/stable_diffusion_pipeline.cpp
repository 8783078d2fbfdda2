// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/stable_diffusion_pipeline.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <stdexcept>

#include "situ/backends/diffusion_images.h"
#include "situ/backends/placed_network.h"
#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/memory.h"
#include "situ/core/tensor_check.h"
#include "situ/nn/layers.h"
#include "situ/nn/timestep_embedding.h"

namespace situ {
namespace {

constexpr double kAestheticScore = 6.0;  // diffusers' defaults
constexpr double kNegativeAestheticScore = 2.5;

[[noreturn]] void fail(const std::string& what) {
  throw std::invalid_argument("painting: " + what);
}

DenoiserKind kind_of(const UNetConfig& unet, int64_t latent_channels, const std::string& file) {
  if (unet.in_channels == latent_channels) return DenoiserKind::kLatents;
  if (unet.in_channels == 2 * latent_channels + 1) return DenoiserKind::kMaskAndMaskedLatents;
  if (unet.in_channels == 2 * latent_channels) return DenoiserKind::kImageLatents;
  throw DataError(file, "in_channels: expected " + std::to_string(latent_channels) +
                            " (latents), " + std::to_string(2 * latent_channels + 1) +
                            " (with mask and masked latents) or " +
                            std::to_string(2 * latent_channels) +
                            " (with an image's latents), got " + std::to_string(unet.in_channels));
}

const char* model_for(DenoiserKind kind) {
  switch (kind) {
    case DenoiserKind::kLatents:
      return "text-to-image";
    case DenoiserKind::kMaskAndMaskedLatents:
      return "inpainting";
    case DenoiserKind::kImageLatents:
      return "editing (InstructPix2Pix)";
  }
  return "unknown";
}

// The first step that is run: `strength` cuts the schedule's beginning off.
std::size_t first_step_of(const DiffusionRun& run) {
  const auto kept =
      std::min(static_cast<int64_t>(static_cast<double>(run.steps) * run.strength), run.steps);
  if (kept < 1) {
    fail("strength " + std::to_string(run.strength) + " of " + std::to_string(run.steps) +
         " steps leaves none");
  }
  return static_cast<std::size_t>(run.steps - kept);
}

void require_finite(const at::Tensor& x, c10::ScalarType dtype, const std::string& where) {
  if (at::isfinite(x).all().item<bool>()) return;
  throw std::runtime_error(
      where + " holds numbers that are not finite: " +
      (dtype == at::kHalf ? "float16 overflowed; use bfloat16 or float32 (--dtype)"
                          : "the weights or the given latents are broken, or not for this model"));
}

}  // namespace

StableDiffusionPipeline::StableDiffusionPipeline(const std::filesystem::path& model,
                                                 const Compute& compute,
                                                 const DiffusionModelOptions& options)
    : compute_(compute),
      files_(read_diffusion_model(model, options)),
      single_use_(options.single_use) {
  const UNetConfig unet_config = UNetConfig::from_json(files_.unet.config, files_.unet.config_file);
  prompts_ = std::make_unique<PromptEncoder>(files_.text, compute);
  for (const TextualInversionFile& word : options.words) {
    prompts_->add(load_textual_inversion(word));
  }
  if (prompts_->text_width() != unet_config.cross_attention_dim) {
    throw DataError(files_.unet.config_file,
                    "cross_attention_dim: expected the text encoders' hidden_size " +
                        std::to_string(prompts_->text_width()) + ", got " +
                        std::to_string(unet_config.cross_attention_dim));
  }
  if (prompts_->dual() != unet_config.has_additional_embedding()) {
    throw DataError(files_.unet.config_file,
                    "addition_embed_type: \"text_time\" goes with two text encoders (SDXL)");
  }
  // SDXL's autoencoder overflows in float16.
  const bool upcast = compute.dtype == at::kHalf && prompts_->dual() &&
                      files_.vae.config.value("force_upcast", true);
  autoencoder_dtype_ = upcast ? at::kFloat : compute.dtype;
  {
    const UninitializedWeights guard(autoencoder_dtype_);
    autoencoder_ = make_autoencoder(files_.vae.config, files_.vae.config_file);
    if (options.tiled_vae) autoencoder_->use_tiles();
  }
  kind_ = kind_of(unet_config, autoencoder_->latent_channels(), files_.unet.config_file);
  load_placed(autoencoder_->module(), files_.vae,
              {.device = compute.device, .dtype = autoencoder_dtype_});
  const UninitializedWeights guard(compute.dtype);
  unet_ = UNet(unet_config);
  load_placed(*unet_, files_.unet, compute);
}

int64_t StableDiffusionPipeline::native_size() const {
  return unet_->config().sample_size * autoencoder_->factor();
}

void StableDiffusionPipeline::require_kind(DenoiserKind kind, const char* what) const {
  if (kind_ == kind) return;
  fail(std::string(what) + " needs a model made for " + model_for(kind) +
       ", this one is made for " + model_for(kind_) + " (its denoiser takes " +
       std::to_string(unet_->config().in_channels) + " channels)");
}

void StableDiffusionPipeline::check_run(const DiffusionRun& run, int64_t height,
                                        int64_t width) const {
  if (run.steps < 1) fail("steps = " + std::to_string(run.steps) + " must be 1 or more");
  if (!(run.strength > 0 && run.strength <= 1)) {
    fail("strength = " + std::to_string(run.strength) + " must be in (0, 1]");
  }
  if (!(run.guidance_rescale >= 0 && run.guidance_rescale <= 1)) {
    fail("guidance_rescale = " + std::to_string(run.guidance_rescale) + " must be in [0, 1]");
  }
  if (run.clip_skip < 0) fail("clip_skip = " + std::to_string(run.clip_skip) + " is negative");
  const int64_t f = factor();
  if (height < f || width < f || height % f != 0 || width % f != 0) {
    fail("width and height must be multiples of " + std::to_string(f) + ", got " +
         std::to_string(width) + " x " + std::to_string(height));
  }
}

std::unique_ptr<Scheduler> StableDiffusionPipeline::scheduler(const DiffusionRun& run) const {
  return make_scheduler(files_.scheduler, files_.scheduler_file, run.scheduler, run.steps);
}

Guidance StableDiffusionPipeline::text_guidance(const DiffusionRun& run) const {
  // Consistency models have the guidance scale as an input instead.
  const bool guided = run.guidance_scale > 1 && unet_->config().time_cond_proj_dim == 0;
  return {.kind = guided ? Guidance::Kind::kText : Guidance::Kind::kNone,
          .scale = run.guidance_scale,
          .image_scale = run.image_guidance_scale,
          .rescale = run.guidance_rescale};
}

at::Tensor StableDiffusionPipeline::time_ids(const DiffusionRun& run, int64_t height, int64_t width,
                                             bool from_picture, double aesthetic_score) const {
  const PixelPair original = run.original_size.value_or(PixelPair{height, width});
  const PixelPair target = run.target_size.value_or(PixelPair{height, width});
  std::vector<double> ids;
  for (const int64_t id : original) ids.push_back(static_cast<double>(id));
  for (const int64_t id : run.crop_top_left) ids.push_back(static_cast<double>(id));
  if (from_picture && files_.requires_aesthetics_score) {
    ids.push_back(aesthetic_score);
  } else {
    for (const int64_t id : target) ids.push_back(static_cast<double>(id));
  }
  return at::tensor(ids, at::kDouble).unsqueeze(0).to(compute_.device, compute_.dtype);
}

DenoisingTask StableDiffusionPipeline::prompted(const DiffusionRun& run, Guidance guidance,
                                                int64_t height, int64_t width, bool from_picture) {
  if (prompts_ == nullptr) throw std::logic_error("StableDiffusionPipeline: it was for single use");
  const bool guides = guidance.kind != Guidance::Kind::kNone;
  const bool zeros =
      prompts_->dual() && !run.negative_prompt && files_.force_zeros_for_empty_prompt;
  const std::string negative_prompt = run.negative_prompt.value_or("");
  PromptReading reading{.syntax = run.prompt_syntax, .clip_skip = run.clip_skip};
  if (guides) reading.chunks = prompts_->chunks(negative_prompt, run.prompt_syntax);
  const PromptEmbedding prompt = prompts_->encode(run.prompt, reading);
  PromptEmbedding negative;
  if (guides) {
    reading.chunks = prompts_->chunks(run.prompt, run.prompt_syntax);
    if (prompts_->dual()) reading.clip_skip = 0;  // as diffusers
    negative = zeros ? PromptEmbedding{.text = at::zeros_like(prompt.text),
                                       .pooled = at::zeros_like(prompt.pooled)}
                     : prompts_->encode(negative_prompt, reading);
  }
  DenoisingTask task{.guidance = guidance, .shortcuts = run.shortcuts};
  UNetCondition& condition = task.condition;
  switch (guidance.kind) {
    case Guidance::Kind::kNone:
      condition.text = prompt.text;
      break;
    case Guidance::Kind::kText:
      condition.text = at::cat({negative.text, prompt.text});
      break;
    case Guidance::Kind::kTextAndImage:
      condition.text = at::cat({prompt.text, negative.text, negative.text});
      break;
  }
  if (unet_->config().has_additional_embedding()) {
    const bool guided = guidance.kind == Guidance::Kind::kText;
    const at::Tensor ids = time_ids(run, height, width, from_picture, kAestheticScore);
    const at::Tensor negative_ids =
        time_ids(run, height, width, from_picture, kNegativeAestheticScore);
    condition.time_ids = guided ? at::cat({negative_ids, ids}) : ids;
    condition.pooled_text = guided ? at::cat({negative.pooled, prompt.pooled}) : prompt.pooled;
  }
  if (const int64_t width_of = unet_->config().time_cond_proj_dim; width_of > 0) {
    const at::Tensor scale = at::full({1}, (run.guidance_scale - 1) * 1000, at::kFloat);
    condition.guidance =
        timestep_embedding(scale, width_of, {.cosine_first = false, .freq_shift = 1})
            .to(compute_.device, compute_.dtype);
  }
  if (single_use_) {
    prompts_.reset();
    give_back_freed_memory();
  }
  return task;
}

at::Tensor StableDiffusionPipeline::noise(const DiffusionRun& run, int64_t height, int64_t width,
                                          at::Generator& generator) const {
  const std::vector<int64_t> shape = {1, autoencoder_->latent_channels(), height / factor(),
                                      width / factor()};
  if (!run.latents.defined()) {
    return at::randn(shape, generator, compute_.dtype).to(compute_.device);
  }
  if (run.latents.sizes() != at::IntArrayRef(shape)) {
    throw std::invalid_argument("latents: expected " + shape_text(at::empty(shape)) + ", got " +
                                shape_text(run.latents));
  }
  return run.latents.to(compute_.device, compute_.dtype);
}

at::Tensor StableDiffusionPipeline::encoded(const at::Tensor& image,
                                            std::optional<at::Generator> generator) {
  return autoencoder_->encode(autoencoder_input(image), std::move(generator)).to(compute_.dtype);
}

at::Tensor StableDiffusionPipeline::autoencoder_input(const at::Tensor& image) const {
  return image.to(compute_.device, autoencoder_dtype_).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor StableDiffusionPipeline::decoded(const at::Tensor& latents) {
  const at::Tensor picture =
      autoencoder_->decode(latents.to(autoencoder_dtype_)).to(at::kCPU, at::kFloat);
  require_finite(picture, autoencoder_dtype_, "the decoded picture");
  return picture_from(picture);
}

Painting StableDiffusionPipeline::painted(const DiffusionRun& run, Scheduler& scheduler,
                                          const DenoisingTask& task, const at::Tensor& start,
                                          std::size_t first_step, at::Generator& generator) {
  if (single_use_) give_back_freed_memory();  // what encoding took does not fit denoising's sizes
  const std::size_t total = scheduler.timesteps().size() - first_step;
  const at::Tensor latents =
      denoise(unet_, scheduler, task, start, first_step, generator, [&](std::size_t done) {
        throw_if_interrupted();
        if (run.on_step) run.on_step(done, total);
      });
  require_finite(latents, compute_.dtype, "the denoised latents");
  if (single_use_) {
    unet_ = nullptr;
    give_back_freed_memory();
  }
  return {.latents = latents.to(at::kCPU, at::kFloat), .picture = decoded(latents)};
}

Painting StableDiffusionPipeline::imagine(int64_t height, int64_t width, const DiffusionRun& run) {
  require_kind(DenoiserKind::kLatents, "text to image");
  check_run(run, height, width);
  const c10::InferenceMode inference;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(run.seed);
  const DenoisingTask task =
      prompted(run, text_guidance(run), height, width, /*from_picture=*/false);
  const std::unique_ptr<Scheduler> steps = scheduler(run);
  const at::Tensor start = noise(run, height, width, generator) * steps->initial_noise_scale();
  return painted(run, *steps, task, start, 0, generator);
}

Painting StableDiffusionPipeline::vary(const at::Tensor& image, int64_t height, int64_t width,
                                       const DiffusionRun& run) {
  require_kind(DenoiserKind::kLatents, "image to image");
  check_image(image, "vary: image");
  check_run(run, height, width);
  const c10::InferenceMode inference;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(run.seed);
  const DenoisingTask task = prompted(run, text_guidance(run), height, width, true);
  const std::unique_ptr<Scheduler> steps = scheduler(run);
  const std::size_t first_step = first_step_of(run);
  const at::Tensor known = encoded(model_image(image, height, width), generator);
  const at::Tensor start =
      steps->add_noise(known, noise(run, height, width, generator), first_step);
  return painted(run, *steps, task, start, first_step, generator);
}

Painting StableDiffusionPipeline::inpaint(const at::Tensor& image_in, const at::Tensor& mask_in,
                                          int64_t height, int64_t width, const DiffusionRun& run) {
  if (kind_ == DenoiserKind::kImageLatents) {
    require_kind(DenoiserKind::kMaskAndMaskedLatents, "inpainting");
  }
  check_image(image_in, "inpaint: image");
  check_shape(mask_in, {"H", "W"}, "inpaint: mask");
  check_dtype(mask_in, at::kByte, "inpaint: mask");
  check_run(run, height, width);
  const c10::InferenceMode inference;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(run.seed);
  DenoisingTask task = prompted(run, text_guidance(run), height, width, true);
  const std::unique_ptr<Scheduler> steps = scheduler(run);
  const std::size_t first_step = first_step_of(run);
  const bool sees_mask = kind_ == DenoiserKind::kMaskAndMaskedLatents;
  const bool pure_noise = run.strength == 1;

  // The generator draws for the whole image, the noise and the masked image, in this order.
  const at::Tensor image = model_image(image_in, height, width);
  at::Tensor known;
  if (!sees_mask || (!pure_noise && !run.latents.defined())) known = encoded(image, generator);
  const at::Tensor drawn = noise(run, height, width, generator);
  const bool from_noise = pure_noise || run.latents.defined();
  const at::Tensor start = from_noise ? drawn * steps->initial_noise_scale()
                                      : steps->add_noise(known, drawn, first_step);
  const at::Tensor mask = model_mask(mask_in, height, width);
  const at::Tensor masked_latents = encoded(image * (1 - mask), generator);
  const at::Tensor latent_mask = at::upsample_nearest2d(mask, {height / factor(), width / factor()})
                                     .to(compute_.device, compute_.dtype);

  if (sees_mask) {
    task.extra_channels =
        at::cat({latent_mask, masked_latents}, 1).repeat({task.guidance.copies(), 1, 1, 1});
  } else {
    task.known = KnownPixels{.mask = latent_mask, .latents = known, .noise = drawn};
  }
  return painted(run, *steps, task, start, first_step, generator);
}

Painting StableDiffusionPipeline::edit(const at::Tensor& image, int64_t height, int64_t width,
                                       const DiffusionRun& run) {
  require_kind(DenoiserKind::kImageLatents, "editing");
  check_image(image, "edit: image");
  check_run(run, height, width);
  const c10::InferenceMode inference;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(run.seed);
  Guidance guidance = text_guidance(run);
  const bool guided = run.guidance_scale > 1 && run.image_guidance_scale >= 1;
  guidance.kind = guided ? Guidance::Kind::kTextAndImage : Guidance::Kind::kNone;
  DenoisingTask task = prompted(run, guidance, height, width, true);
  const std::unique_ptr<Scheduler> steps = scheduler(run);

  // The mode of the distribution, not scaled: what the published model was trained with.
  const at::Tensor input = autoencoder_input(model_image(image, height, width));
  const at::Tensor known = autoencoder_->encode_unscaled(input, std::nullopt).to(compute_.dtype);
  task.extra_channels = guided ? at::cat({known, known, at::zeros_like(known)}) : known;
  const at::Tensor start = noise(run, height, width, generator) * steps->initial_noise_scale();
  return painted(run, *steps, task, start, 0, generator);
}

}  // namespace situ
