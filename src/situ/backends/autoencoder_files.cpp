// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/autoencoder_files.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "situ/backends/model_files.h"
#include "situ/backends/original_autoencoder.h"
#include "situ/backends/original_checkpoint.h"
#include "situ/backends/state_shapes.h"
#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEncoder = "_encoder";
constexpr const char* kDecoder = "_decoder";
constexpr std::array<const char*, 3> kExtensions = {".safetensors", ".pth", ".pt"};

/// TAESD's two files.
struct TinyFiles {
  fs::path encoder, decoder;
};

ModelPart diffusers_folder(const fs::path& folder, const std::string& variant) {
  constexpr const char* kWeights = "diffusion_pytorch_model";
  const fs::path config = folder / "config.json";
  return {.config = load_json(config),
          .config_file = config,
          .weights = autoencoder_state(load_weights(folder, kWeights, variant)),
          .weights_file = weights_file(folder, kWeights, variant)};
}

ModelPart part_of(ConvertedPart converted, const std::string& file) {
  return {.config = std::move(converted.config),
          .config_file = file,
          .weights = std::move(converted.weights),
          .weights_file = file};
}

// <folder>/<name><half>.safetensors or .pth.
std::optional<fs::path> tiny_file(const fs::path& folder, const std::string& name,
                                  const char* half) {
  for (const char* extension : kExtensions) {
    if (const fs::path file = folder / (name + half + extension); fs::exists(file)) return file;
  }
  return std::nullopt;
}

// "taesd" for taesd_encoder.pth; nothing for other names.
std::optional<std::string> tiny_name(const fs::path& file, std::string_view half) {
  const std::string stem = file.stem().string();
  const bool known =
      std::find(kExtensions.begin(), kExtensions.end(), file.extension()) != kExtensions.end();
  if (!known || !stem.ends_with(half)) return std::nullopt;
  return stem.substr(0, stem.size() - half.size());
}

TinyFiles tiny_files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = tiny_name(entry.path(), kEncoder);
    if (name && tiny_file(folder, *name, kDecoder)) names.insert(*name);
  }
  if (names.empty()) {
    throw FileError(folder.string() +
                    ": no autoencoder there; expected config.json and weights of diffusers, or "
                    "taesd_encoder and taesd_decoder (.safetensors or .pth)");
  }
  if (names.size() > 1) {
    const std::vector<std::string> all(names.begin(), names.end());
    throw FileError(folder.string() + ": several autoencoders there (" + listed(all) +
                    "); name a file of one, such as " + all.front() + kDecoder);
  }
  return {*tiny_file(folder, *names.begin(), kEncoder),
          *tiny_file(folder, *names.begin(), kDecoder)};
}

// One of TAESD's two files, whose name leads to the other; nothing for other names.
std::optional<TinyFiles> tiny_files_of(const fs::path& file) {
  for (const auto& [half, other] : {std::pair{kEncoder, kDecoder}, {kDecoder, kEncoder}}) {
    const auto name = tiny_name(file, half);
    if (!name) continue;
    const auto found = tiny_file(file.parent_path(), *name, other);
    if (!found) {
      throw FileError(file.string() + ": expected " + *name + other + " beside it, got none");
    }
    return half == kEncoder ? TinyFiles{file, *found} : TinyFiles{*found, file};
  }
  return std::nullopt;
}

ModelPart tiny_pair(const TinyFiles& files) {
  const std::string file = files.encoder.string() + " and " + files.decoder.filename().string();
  const StateDict down = load_weights_file(files.encoder);
  if (!is_tiny_encoder(down)) throw DataError(files.encoder, "expected the encoder of TAESD");
  const StateDict up = load_weights_file(files.decoder);
  if (!is_tiny_decoder(up)) throw DataError(files.decoder, "expected the decoder of TAESD");
  return part_of(tiny_autoencoder_from_original(down, up, file), file);
}

ModelPart single_file(const fs::path& file, double scaling_factor) {
  const StateDict state = load_weights_file(file);
  if (is_tiny_encoder(state) || is_tiny_decoder(state)) {
    if (const auto files = tiny_files_of(file)) return tiny_pair(*files);
    throw DataError(file,
                    "is one half of TAESD: expected a name that ends in _encoder or _decoder");
  }
  if (auto part = autoencoder_of_file(state, scaling_factor, file.string())) {
    return part_of(std::move(*part), file.string());
  }
  if (has_prefix(state, "encoder.down_blocks.")) {
    const fs::path config = file.parent_path() / "config.json";
    if (!fs::exists(config)) {
      throw FileError(config.string() + ": missing; " + file.string() +
                      " has the keys of diffusers, whose autoencoders need it");
    }
    return {.config = load_json(config),
            .config_file = config,
            .weights = autoencoder_state(state),
            .weights_file = file};
  }
  throw DataError(file, "expected an autoencoder; it looks like " + looks_like(state));
}

// Throws FileError where there is no folder.
std::optional<fs::path> folder_of_diffusers(const fs::path& path) {
  if (!fs::is_directory(path)) {
    throw FileError(path.string() + ": no such folder or file; expected an autoencoder");
  }
  if (fs::exists(path / "config.json")) return path;
  if (fs::exists(path / "model_index.json")) return path / "vae";
  return std::nullopt;
}

ModelIdentity identity_of(const TinyFiles& files) {
  return identify_files(files.encoder.parent_path(),
                        {files.encoder.filename().string(), files.decoder.filename().string()});
}

}  // namespace

ModelPart read_autoencoder(const fs::path& path, const std::string& variant,
                           double scaling_factor) {
  if (fs::is_regular_file(path)) return single_file(path, scaling_factor);
  if (const auto folder = folder_of_diffusers(path)) return diffusers_folder(*folder, variant);
  return tiny_pair(tiny_files_in(path));
}

ModelIdentity identify_autoencoder(const fs::path& path) {
  if (fs::is_regular_file(path)) {
    const auto files = tiny_files_of(path);
    return files ? identity_of(*files) : identify_model(path);
  }
  if (const auto folder = folder_of_diffusers(path)) return identify_model(*folder);
  return identity_of(tiny_files_in(path));
}

}  // namespace situ
