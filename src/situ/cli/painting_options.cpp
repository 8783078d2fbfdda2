// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/painting_options.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "situ/backends/registry.h"
#include "situ/cli/model_options.h"
#include "situ/core/device.h"
#include "situ/core/progress.h"
#include "situ/hub/resolve_model.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/tasks/inpainter.h"

namespace situ {
namespace {

void add_model_options(CLI::App& command, PaintingOptions& options) {
  command
      .add_option(
          "--model", options.model,
          "diffusers folder, single file (.safetensors, .ckpt), a name of 'situ models list' "
          "or org/name[@revision]")
      ->required();
  command.add_option("--variant", options.reading.variant,
                     "read these weights where the folder has them, such as fp16");
  command.add_option("--config", options.reading.config,
                     "for a single file: diffusers folder whose configurations and tokenizers are "
                     "taken");
  command
      .add_option("--prediction-type", options.reading.prediction_type,
                  "for a single file: what its denoiser predicts")
      ->check(CLI::IsMember({"epsilon", "v_prediction", "sample"}));
  command.add_option("--lora", options.loras,
                     "merge a LoRA into the weights: FILE or FILE:SCALE; may be repeated");
  command.add_flag("--vae-tiling", options.reading.tiled_vae,
                   "less memory, another picture: the autoencoder takes large pictures in tiles");
  command.add_option("--vae", options.vae,
                     "another autoencoder: folder of diffusers or TAESD, single file, a name of "
                     "'situ models list' or org/name[@revision]");
}

// A path is itself; a name is a model that ships with situ, or one of the hub's.
std::filesystem::path model_path(const std::string& name, const std::string& variant) {
  if (std::filesystem::exists(name)) return name;
  if (name == "mini") return inpainter_folder(name);
  return resolve_model(name, {.variant = variant});
}

// "cat.safetensors=<cat>"; a file of the whole name wins.
TextualInversionFile word_from(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || std::filesystem::exists(text)) return {.path = text};
  return {.path = text.substr(0, equals), .token = text.substr(equals + 1)};
}

void add_prompt_options(CLI::App& command, PaintingOptions& options) {
  DiffusionRun& run = options.run;
  command.add_option("--prompt", run.prompt, "what to paint")->required();
  command.add_option("--negative-prompt", run.negative_prompt, "what not to paint");
  command
      .add_option("--prompt-syntax", options.prompt_syntax,
                  "weighted: (red:1.3) is a weight, long prompts are read in chunks; plain: all "
                  "is text, cut to what the text encoder takes")
      ->check(CLI::IsMember(enum_names<PromptSyntax>()))
      ->capture_default_str();
  command.add_option("--embedding", options.words,
                     "a learned word for prompts (textual inversion): FILE or FILE=TOKEN; may be "
                     "repeated");
  command.add_option("--guidance-scale", run.guidance_scale, "1 or less: no guidance")
      ->capture_default_str();
  command
      .add_option("--guidance-rescale", run.guidance_rescale,
                  "share of the guided contrast that is set back [0, 1]")
      ->capture_default_str();
  command.add_option("--clip-skip", run.clip_skip, "last layers of the text encoder to leave out")
      ->capture_default_str();
}

void add_schedule_options(CLI::App& command, DiffusionRun& run) {
  std::string names;
  for (const auto& [value, name] : EnumNames<InpaintingScheduler>::table) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  command.add_option("--steps", run.steps, "denoising steps")->capture_default_str();
  command.add_option("--scheduler", run.scheduler, names + " (auto: the model's own)")
      ->capture_default_str();
  command
      .add_option("--reuse-features", run.shortcuts.feature_steps,
                  "faster, another picture: so many steps share their deep features (DeepCache)")
      ->capture_default_str();
  command
      .add_option("--guidance-interval", run.shortcuts.guidance_interval,
                  "faster, another picture: guide only from BEGIN to END, shares of the steps")
      ->capture_default_str();
  // SDXL's micro-conditioning.
  command.add_option("--original-size", run.original_size, "SDXL: height width [px]");
  command.add_option("--target-size", run.target_size, "SDXL: height width [px]");
  command.add_option("--crop-top-left", run.crop_top_left, "SDXL: top left [px]");
}

void add_machine_options(CLI::App& command, PaintingOptions& options) {
  command.add_option("--seed", options.run.seed, "of all noise")->capture_default_str();
  command
      .add_option("--rng", options.rng,
                  "torch: the noise of torch.Generator on the CPU with this seed")
      ->check(CLI::IsMember({"torch"}))
      ->capture_default_str();
  command.add_option("--latents", options.latents,
                     "start from these instead of noise (.npy, [1, C, h, w])");
  command.add_option("--device", options.device, "cpu, cuda, cuda:N or auto")
      ->capture_default_str();
  command.add_option("--dtype", options.dtype, "float32, float16 or bfloat16")
      ->capture_default_str();
  command.add_option("--threads", options.threads, "0: one a core")->capture_default_str();
  command.add_option("--save-latents", options.save_latents,
                     "also write the denoised latents (.npy, float32 [1, C, h, w])");
  command.add_option("--output", options.output, "PNG file to write")->required();
}

}  // namespace

void add_painting_options(CLI::App& command, PaintingOptions& options) {
  add_model_options(command, options);
  add_prompt_options(command, options);
  add_schedule_options(command, options.run);
  add_machine_options(command, options);
}

void add_strength_option(CLI::App& command, PaintingOptions& options) {
  command
      .add_option("--strength", options.run.strength,
                  "share of the noise schedule that is run (0, 1]")
      ->capture_default_str();
}

void add_size_options(CLI::App& command, SizeOptions& size, const std::string& fallback) {
  command.add_option("--width", size.width, "of the result [px]; " + fallback);
  command.add_option("--height", size.height, "of the result [px]; " + fallback);
}

PixelPair whole_size(const at::Tensor& image, int64_t factor) {
  return {image.size(1) / factor * factor, image.size(2) / factor * factor};
}

void paint(PaintingOptions& options,
           const std::function<Painting(StableDiffusionPipeline&, const DiffusionRun&)>& with) {
  set_thread_count(options.threads);
  if (!options.latents.empty()) options.run.latents = load_npy(options.latents);
  options.reading.single_use = true;
  if (!options.vae.empty()) {
    options.reading.vae = autoencoder_path(options.vae, options.reading.variant);
  }
  for (const std::string& lora : options.loras) options.reading.loras.push_back(lora_from(lora));
  for (const std::string& word : options.words) options.reading.words.push_back(word_from(word));
  options.run.prompt_syntax = parse_enum<PromptSyntax>("prompt syntax", options.prompt_syntax);
  StableDiffusionPipeline pipeline(
      model_path(options.model, options.reading.variant),
      {.device = parse_device(options.device), .dtype = parse_dtype(options.dtype)},
      options.reading);
  prepare_to_run_networks();  // from here on: loading leaves pieces that painting could not use
  Progress progress("step", options.run.steps);
  options.run.on_step = [&](std::size_t done, std::size_t total) {
    const auto steps = static_cast<std::size_t>(options.run.steps);
    progress.update(static_cast<int64_t>(done * steps / total));
  };
  const Painting painting = with(pipeline, options.run);
  if (!options.save_latents.empty()) save_npy(options.save_latents, painting.latents);
  save_png(options.output, painting.picture);
}

}  // namespace situ
