// SPDX-License-Identifier: Apache-2.0
#include "situ/models/swin/swin_config.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/nn/config_reader.h"

namespace situ {
namespace {

constexpr std::string_view kStage = "stage";

// "stage3" is 3; the stem and what is no stage are 0.
std::int64_t stage_of(const std::string& name) {
  if (!name.starts_with(kStage)) return 0;
  std::int64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kStage.size(), end, number);
  return error == std::errc() && stop == end ? number : 0;
}

std::vector<std::int64_t> stages_of(const ConfigReader& reader,
                                    const std::vector<std::int64_t>& fallback) {
  if (reader.has("out_indices")) return reader.integers("out_indices", fallback, 0);
  if (!reader.has("out_features")) return fallback;
  std::vector<std::int64_t> stages;
  for (const std::string& name : reader.texts("out_features", {})) stages.push_back(stage_of(name));
  return stages;
}

}  // namespace

std::vector<std::int64_t> SwinConfig::out_channels() const {
  std::vector<std::int64_t> all;
  for (const std::int64_t stage : out_indices) all.push_back(channels(stage));
  return all;
}

void SwinConfig::validate(const std::string& file) const {
  const auto require = [&](bool holds, const char* key, const std::string& expected) {
    if (!holds) throw DataError(file, std::string(key) + ": expected " + expected);
  };
  const auto in = [](std::int64_t value, std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
  };
  const auto stages = static_cast<std::int64_t>(depths.size());
  require(in(embed_dim, 1, 4096), "embed_dim", "1 to 4096");
  require(in(window_size, 1, 64), "window_size", "1 to 64");
  require(in(stages, 1, 8), "depths", "one to eight stages");
  require(num_heads.size() == depths.size(), "num_heads", "one number a stage");
  for (std::int64_t i = 0; i < stages; ++i) {
    const auto at = static_cast<std::size_t>(i);
    require(in(depths[at], 1, 1000), "depths", "1 to 1000 blocks a stage");
    require(num_heads[at] >= 1 && channels(i + 1) % num_heads[at] == 0, "num_heads",
            "divisors of the stages' channels");
  }
  require(mlp_ratio > 0 && mlp_ratio <= 64, "mlp_ratio", "a number from 0 to 64");
  const bool in_order =
      std::is_sorted(out_indices.begin(), out_indices.end()) &&
      std::adjacent_find(out_indices.begin(), out_indices.end()) == out_indices.end();
  require(
      !out_indices.empty() && in_order && out_indices.front() >= 1 && out_indices.back() <= stages,
      "out_indices", "some of the stages 1 to " + std::to_string(stages) + " in order");
}

SwinConfig SwinConfig::from_json(const nlohmann::json& json, const std::string& file) {
  const ConfigReader reader(json, file);
  reader.require("model_type", "swin");
  reader.require("hidden_act", "gelu");
  reader.require("use_absolute_embeddings", false);
  SwinConfig config;
  config.patch_size = reader.integer("patch_size", config.patch_size, 1, 64);
  config.num_channels = reader.integer("num_channels", config.num_channels, 1, 1024);
  config.embed_dim = reader.integer("embed_dim", config.embed_dim, 1, 4096);
  config.depths = reader.integers("depths", config.depths, 0);
  config.num_heads = reader.integers("num_heads", config.num_heads, config.depths.size());
  config.window_size = reader.integer("window_size", config.window_size, 1, 64);
  config.mlp_ratio = reader.real("mlp_ratio", config.mlp_ratio);
  config.qkv_bias = reader.flag("qkv_bias", config.qkv_bias);
  config.layer_norm_eps = reader.real("layer_norm_eps", config.layer_norm_eps);
  config.out_indices = stages_of(reader, config.out_indices);
  config.validate(file);
  return config;
}

}  // namespace situ
