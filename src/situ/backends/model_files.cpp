// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/model_files.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "situ/core/errors.h"
#include "situ/io/file_bytes.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/io/torch_archive.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

// What people have in place of weights when a download went wrong, by how it begins.
std::string not_weights(const fs::path& path) {
  const std::string head = read_start(path, 64);
  if (head.starts_with("version https://git-lfs")) {
    return "it is a Git LFS pointer, not the weights: fetch them with 'git lfs pull'";
  }
  if (head.starts_with("<!DOCTYPE") || head.starts_with("<html") || head.starts_with("<HTML")) {
    return "it is a web page, not weights: the download went wrong";
  }
  return "";
}

// The tensors that an index promises, by the file that they are in.
std::map<std::string, std::vector<std::string>> tensors_by_shard(const fs::path& index) {
  const nlohmann::json json = load_json(index);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    throw DataError(index, "lacks weight_map");
  }
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    if (!shard.is_string()) throw DataError(index, tensor + ": expected the name of a file");
    const fs::path name = shard.get<std::string>();
    if (name.has_parent_path() ||
        (name.extension() != ".safetensors" && name.extension() != ".bin")) {
      throw DataError(index,
                      tensor + ": '" + name.string() + "' is no file of weights beside the index");
    }
    shards[name].push_back(tensor);
  }
  return shards;
}

StateDict sharded_weights(const fs::path& index) {
  StateDict state;
  for (const auto& [shard, tensors] : tensors_by_shard(index)) {
    const fs::path path = index.parent_path() / shard;
    if (!fs::exists(path))
      throw FileError(path.string() + ": missing; " + index.string() + " names it");
    StateDict part = load_weights_file(path);
    for (const std::string& tensor : tensors) {
      if (!part.contains(tensor))
        throw DataError(path, "lacks the tensor " + tensor + " of the index");
    }
    for (auto& [key, tensor] : part) {
      if (!state.emplace(key, tensor).second) {
        throw DataError(path, "the tensor " + key + " is in another shard as well");
      }
    }
  }
  return state;
}

// The names that diffusers and transformers give to weights, first choice first.
std::vector<std::string> weight_names(const std::string& stem, const std::string& variant) {
  std::vector<std::string> variants = {variant};
  for (const char* other : {"", "fp16"}) {
    if (variant != other) variants.emplace_back(other);
  }
  std::vector<std::string> names;
  for (const std::string& v : variants) {
    const std::string dotted = v.empty() ? "" : "." + v;
    names.push_back(stem + dotted + ".safetensors");
    names.push_back(stem + ".safetensors.index" + dotted + ".json");
  }
  const std::string pickled = stem == "model" ? "pytorch_model" : stem;
  for (const std::string& v : variants) {
    const std::string dotted = v.empty() ? "" : "." + v;
    names.push_back(pickled + dotted + ".bin");
    names.push_back(pickled + ".bin.index" + dotted + ".json");
  }
  return names;
}

// "[1, 0]": the place of the element that is `flat` elements from the first.
std::string place_of(int64_t flat, at::IntArrayRef sizes) {
  std::string text;
  for (std::size_t axis = sizes.size(); axis-- > 0;) {
    text = std::to_string(flat % sizes[axis]) + (text.empty() ? "" : ", ") + text;
    flat /= sizes[axis];
  }
  return "[" + text + "]";
}

// values: [N], the elements from `begin` on of a tensor of these sizes.
void require_each_finite(const at::Tensor& values, int64_t begin, at::IntArrayRef sizes,
                         const std::string& where) {
  const at::Tensor broken = values.isfinite().logical_not().nonzero();  // [n, 1]
  if (broken.size(0) == 0) return;
  const int64_t first = broken[0].item<int64_t>();
  const double value = values[first].item<double>();
  const char* const text = std::isnan(value) ? "NaN" : value > 0 ? "infinity" : "-infinity";
  throw DataError(where, "expected finite numbers, got " + std::string(text) + " at " +
                             place_of(begin + first, sizes));
}

}  // namespace

StateDict load_weights_file(const fs::path& path) {
  if (const std::string reason = not_weights(path); !reason.empty()) throw DataError(path, reason);
  if (is_torch_archive(path)) return load_torch_archive(path);
  const SafetensorsFile file(path);
  StateDict state;
  for (const std::string& name : file.names()) state.emplace(name, file.tensor(name));
  return state;
}

fs::path weights_file(const fs::path& folder, const std::string& stem, const std::string& variant) {
  for (const std::string& name : weight_names(stem, variant)) {
    if (fs::exists(folder / name)) return folder / name;
  }
  throw FileError((folder / (stem + ".safetensors")).string() +
                  ": no weights there; expected the layout of a diffusers model folder");
}

StateDict load_weights(const fs::path& folder, const std::string& stem,
                       const std::string& variant) {
  const fs::path path = weights_file(folder, stem, variant);
  return path.extension() == ".json" ? sharded_weights(path) : load_weights_file(path);
}

void require_finite(const StateDict& state, const std::string& file) {
  constexpr int64_t kPiece = 1 << 20;  // what is summed at a time takes memory of its own
  for (const auto& [key, tensor] : state) {
    if (!tensor.is_floating_point()) continue;
    int64_t begin = 0;
    for (const at::Tensor& piece : tensor.reshape({-1}).split(kPiece)) {
      // A sum is finite where all its terms are (but for the largest float64), and much faster than
      // looking at each.
      if (!std::isfinite(piece.sum(at::kDouble).item<double>())) {
        require_each_finite(piece, begin, tensor.sizes(), file + ": the tensor " + key);
      }
      begin += piece.numel();
    }
  }
}

StateDict renamed(const StateDict& state, const RenameKey& rename) {
  StateDict result;
  for (const auto& [key, tensor] : state) {
    if (std::string name = rename(key); !name.empty()) result.emplace(std::move(name), tensor);
  }
  return result;
}

StateDict renamed_all(const StateDict& state, const RenameKey& rename) {
  return renamed(state, [&](const std::string& key) {
    std::string name = rename(key);
    return name.empty() ? key : name;
  });
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
