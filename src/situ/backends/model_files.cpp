// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/model_files.h"

#include <ATen/ATen.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "situ/core/errors.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

void append_file(const fs::path& path, StateDict& state) {
  const SafetensorsFile file(path);
  for (const std::string& name : file.names()) {
    if (!state.emplace(name, file.tensor(name)).second) {
      throw DataError(path, "the tensor " + name + " is in another shard as well");
    }
  }
}

fs::path index_file(const fs::path& folder, const std::string& stem) {
  return folder / (stem + ".safetensors.index.json");
}

StateDict sharded_weights(const fs::path& index) {
  const nlohmann::json json = load_json(index);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    throw DataError(index, "lacks weight_map");
  }
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    if (!shard.is_string()) throw DataError(index, tensor + ": expected the name of a file");
    const fs::path name = shard.get<std::string>();
    if (name.has_parent_path() || name.extension() != ".safetensors") {
      throw DataError(
          index, tensor + ": '" + name.string() + "' is no .safetensors file beside the index");
    }
    shards.insert(name);
  }
  StateDict state;
  for (const std::string& shard : shards) append_file(index.parent_path() / shard, state);
  return state;
}

}  // namespace

fs::path weights_file(const fs::path& folder, const std::string& stem) {
  for (const char* ending : {".safetensors", ".fp16.safetensors"}) {
    if (fs::exists(folder / (stem + ending))) return folder / (stem + ending);
  }
  return index_file(folder, stem);
}

StateDict load_weights(const fs::path& folder, const std::string& stem) {
  const fs::path path = weights_file(folder, stem);
  if (!fs::exists(path)) {
    throw FileError((folder / (stem + ".safetensors")).string() +
                    ": no weights there; expected the layout of a diffusers model folder");
  }
  if (path == index_file(folder, stem)) return sharded_weights(path);
  StateDict state;
  append_file(path, state);
  return state;
}

StateDict renamed(const StateDict& state, const RenameKey& rename) {
  StateDict result;
  for (const auto& [key, tensor] : state) {
    if (std::string name = rename(key); !name.empty()) result.emplace(std::move(name), tensor);
  }
  return result;
}

std::string clip_text_key(const std::string& key) {
  constexpr std::string_view kPrefix = "text_model.";
  const std::string name = key.starts_with(kPrefix) ? key.substr(kPrefix.size()) : key;
  return name == "embeddings.position_ids" ? "" : name;
}

StateDict autoencoder_state(const StateDict& state) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kLayers = {
      {{".query.", ".to_q."},
       {".key.", ".to_k."},
       {".value.", ".to_v."},
       {".proj_attn.", ".to_out.0."}}};
  StateDict result = renamed(state, [](const std::string& key) {
    std::string name = key;
    if (key.find("mid_block.attentions.") == std::string::npos) return name;
    for (const auto& [old_layer, layer] : kLayers) {
      if (const std::size_t at = name.find(old_layer); at != std::string::npos) {
        name.replace(at, old_layer.size(), layer);
      }
    }
    return name;
  });
  for (auto& [key, tensor] : result) {
    const bool attention = key.find("mid_block.attentions.") != std::string::npos;
    if (attention && tensor.dim() == 4) tensor = tensor.flatten(1);  // [C, C, 1, 1] -> [C, C]
  }
  return result;
}

}  // namespace situ
