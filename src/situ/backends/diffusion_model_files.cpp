// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/diffusion_model_files.h"

#include "situ/backends/model_files.h"
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

ModelPart read_autoencoder(const fs::path& folder, const std::string& variant) {
  ModelPart part = read_part(folder, kDiffusionWeights, variant);
  part.weights = autoencoder_state(part.weights);
  return part;
}

TextModelPart read_text_model(const fs::path& folder, const std::string& ending,
                              const std::string& variant) {
  ModelPart encoder = read_part(folder / ("text_encoder" + ending), kTextWeights, variant);
  encoder.weights = renamed(encoder.weights, clip_text_key);
  return {.encoder = std::move(encoder),
          .tokenizer = ClipTokenizer::from_folder(folder / ("tokenizer" + ending))};
}

bool flag_of(const nlohmann::json& json, const char* key, bool fallback) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() ? found->get<bool>() : fallback;
}

}  // namespace

DiffusionModelFiles read_diffusion_model(const fs::path& path,
                                         const DiffusionModelOptions& options) {
  if (!fs::is_directory(path)) {
    throw FileError(path.string() + ": no such folder; expected a diffusers model folder");
  }
  const fs::path index_file = path / "model_index.json";
  if (!fs::exists(index_file)) {
    throw FileError(index_file.string() + ": missing; expected a diffusers model folder");
  }
  const nlohmann::json index = load_json(index_file);
  if (!index.is_object()) throw DataError(index_file, "expected a JSON object");

  DiffusionModelFiles files;
  files.text.push_back(read_text_model(path, "", options.variant));
  if (fs::exists(path / "text_encoder_2"))
    files.text.push_back(read_text_model(path, "_2", options.variant));
  files.unet = read_part(path / "unet", kDiffusionWeights, options.variant);
  files.vae = read_autoencoder(options.vae.empty() ? path / "vae" : options.vae, options.variant);
  files.scheduler_file = path / "scheduler" / "scheduler_config.json";
  files.scheduler = load_python_json(files.scheduler_file);
  files.requires_aesthetics_score = flag_of(index, "requires_aesthetics_score", false);
  files.force_zeros_for_empty_prompt = flag_of(index, "force_zeros_for_empty_prompt", true);
  return files;
}

}  // namespace situ
