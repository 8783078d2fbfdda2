// SPDX-License-Identifier: Apache-2.0
#include "situ/models/swin/swin_config.h"

#include <algorithm>
#include <charconv>
#include <string_view>

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
  const auto stages = static_cast<std::int64_t>(config.depths.size());
  if (stages < 1 || stages > 8) reader.fail("depths", "one to eight stages");
  for (std::int64_t i = 0; i < stages; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (config.depths[at] > 1000) reader.fail("depths", "at most 1000 blocks a stage");
    if (config.channels(i + 1) % config.num_heads[at] != 0) {
      reader.fail("num_heads", "divisors of the stages' channels");
    }
  }
  if (!(config.mlp_ratio > 0 && config.mlp_ratio <= 64)) reader.fail("mlp_ratio", "0 to 64");
  const auto& out = config.out_indices;
  const bool in_order = std::is_sorted(out.begin(), out.end()) &&
                        std::adjacent_find(out.begin(), out.end()) == out.end();
  if (out.empty() || !in_order || out.front() < 1 || out.back() > stages) {
    reader.fail("out_indices", "some of the stages 1 to " + std::to_string(stages) + " in order");
  }
  return config;
}

}  // namespace situ
