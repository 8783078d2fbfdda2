// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/diffusion_model_files.h"

#include "situ/backends/autoencoder_files.h"
#include "situ/backends/lora.h"
#include "situ/backends/lora_file.h"
#include "situ/backends/model_files.h"
#include "situ/backends/model_folder.h"
#include "situ/backends/original_checkpoint.h"
#include "situ/core/errors.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDiffusionWeights = "diffusion_pytorch_model";
constexpr const char* kTextWeights = "model";

ModelPart read_part(const fs::path& folder, const char* stem, const std::string& variant) {
  const fs::path config = folder / "config.json";
  return {.config = load_json(config),
          .config_file = config,
          .weights = load_weights(folder, stem, variant),
          .weights_file = weights_file(folder, stem, variant)};
}

TextModelPart read_text_model(const fs::path& folder, const std::string& ending,
                              const std::string& variant) {
  ModelPart encoder = read_part(folder / ("text_encoder" + ending), kTextWeights, variant);
  encoder.weights = renamed(encoder.weights, clip_text_key);
  return {.encoder = std::move(encoder),
          .tokenizer = ClipTokenizer::from_folder(folder / ("tokenizer" + ending))};
}

// Latents of SD1 and SD2, and of SDXL; a folder's own autoencoder may say another.
double latent_scaling(bool two_text_encoders, const fs::path& own_config) {
  const double usual = two_text_encoders ? 0.13025 : 0.18215;
  if (!fs::exists(own_config)) return usual;
  const nlohmann::json config = load_json(own_config);
  if (!config.is_object() || config.value("_class_name", "") != "AutoencoderKL") return usual;
  const auto found = config.find("scaling_factor");
  return found != config.end() && found->is_number() ? found->get<double>() : usual;
}

bool flag_of(const nlohmann::json& json, const char* key, bool fallback) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() ? found->get<bool>() : fallback;
}

DiffusionModelFiles read_folder(const fs::path& path, const DiffusionModelOptions& options) {
  const fs::path index_file = path / "model_index.json";
  if (!fs::exists(index_file)) {
    throw FileError(index_file.string() + ": missing; expected a diffusers model folder");
  }
  const nlohmann::json index = load_json(index_file);
  if (!index.is_object()) throw DataError(index_file, "expected a JSON object");

  DiffusionModelFiles files;
  files.text.push_back(read_text_model(path, "", options.variant));
  if (fs::exists(path / "text_encoder_2")) {
    files.text.push_back(read_text_model(path, "_2", options.variant));
  }
  files.unet = read_part(path / "unet", kDiffusionWeights, options.variant);
  files.vae = read_autoencoder(options.vae.empty() ? path / "vae" : options.vae, options.variant,
                               latent_scaling(files.text.size() > 1, path / "vae/config.json"));
  files.scheduler_file = path / "scheduler" / "scheduler_config.json";
  files.scheduler = load_python_json(files.scheduler_file);
  files.requires_aesthetics_score = flag_of(index, "requires_aesthetics_score", false);
  files.force_zeros_for_empty_prompt = flag_of(index, "force_zeros_for_empty_prompt", true);
  return files;
}

// A network of a single file; its configuration is the file's own or that of a folder.
ModelPart part_of(ConvertedPart converted, const fs::path& file, const fs::path& config_folder,
                  const std::string& name) {
  ModelPart part{.config = std::move(converted.config),
                 .config_file = file.string() + " (" + name + ")",
                 .weights = std::move(converted.weights),
                 .weights_file = file.string() + " (" + name + ")"};
  if (config_folder.empty()) return part;
  part.config_file = config_folder / name / "config.json";
  part.config = load_json(part.config_file);
  return part;
}

// Single files hold no tokenizer. SD2 and the second encoder of SDXL pad with "!".
ClipTokenizer single_file_tokenizer(const DiffusionModelOptions& options, const std::string& ending,
                                    bool pads_with_mark) {
  if (!options.config.empty()) {
    return ClipTokenizer::from_folder(options.config / ("tokenizer" + ending));
  }
  return ClipTokenizer::from_folder(
      model_folder("clip-tokenizer"),
      pads_with_mark ? std::optional<std::string>("!") : std::nullopt);
}

DiffusionModelFiles read_single_file(const fs::path& path, const DiffusionModelOptions& options) {
  OriginalCheckpoint checkpoint =
      from_original_layout(load_weights_file(path), path.string(), options.prediction_type);
  DiffusionModelFiles files;
  for (std::size_t i = 0; i < checkpoint.text_encoders.size(); ++i) {
    const std::string ending = i == 0 ? "" : "_2";
    const bool pads_with_mark = i == 1 || checkpoint.family == CheckpointFamily::kSd2;
    files.text.push_back({.encoder = part_of(std::move(checkpoint.text_encoders[i]), path,
                                             options.config, "text_encoder" + ending),
                          .tokenizer = single_file_tokenizer(options, ending, pads_with_mark)});
  }
  files.unet = part_of(std::move(checkpoint.unet), path, options.config, "unet");
  files.vae = options.vae.empty() ? part_of(std::move(checkpoint.vae), path, options.config, "vae")
                                  : read_autoencoder(options.vae, options.variant,
                                                     checkpoint.vae.config["scaling_factor"]);
  files.scheduler = checkpoint.scheduler;
  files.scheduler_file = path.string() + " (scheduler)";
  if (!options.config.empty()) {
    files.scheduler_file = options.config / "scheduler" / "scheduler_config.json";
    files.scheduler = load_python_json(files.scheduler_file);
  }
  return files;
}

}  // namespace

DiffusionModelFiles read_diffusion_model(const fs::path& path,
                                         const DiffusionModelOptions& options) {
  const bool folder = fs::is_directory(path);
  if (!folder && !fs::is_regular_file(path)) {
    throw FileError(path.string() +
                    ": no such folder or file; expected a diffusers model folder or a single file");
  }
  DiffusionModelFiles files = folder ? read_folder(path, options) : read_single_file(path, options);
  LoraTargets targets{.unet = &files.unet.weights, .text_encoders = {}};
  for (TextModelPart& text : files.text) targets.text_encoders.push_back(&text.encoder.weights);
  for (const LoraFile& lora : options.loras) {
    merge_lora(load_lora(lora.path), lora.scale, targets, lora.path.string());
  }
  return files;
}

}  // namespace situ
