// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything_2/sam2_config.h"

#include <nlohmann/json.hpp>

#include "situ/models/segment_anything/config_parts.h"
#include "situ/nn/config_reader.h"

namespace situ {
namespace {

constexpr std::int64_t kLargest = 1 << 16;
constexpr std::size_t kStages = 4;

void check_stages(const ConfigReader& reader, const HieraConfig& config) {
  for (std::size_t i = 0; i < kStages; ++i) {
    if (config.blocks_per_stage[i] > 1000) reader.fail("blocks_per_stage", "at most 1000 a stage");
    if (config.embed_dim_per_stage[i] % config.num_attention_heads_per_stage[i] != 0) {
      reader.fail("num_attention_heads_per_stage", "divisors of embed_dim_per_stage");
    }
  }
  const std::int64_t grid = config.image_size / config.patch_stride;
  if (config.image_size > 8192 || grid < 8 || grid % (1 << (kStages - 1)) != 0 ||
      grid % config.window_size_per_stage[0] != 0) {
    reader.fail("image_size", "at most 8192, and patches that fit stages and windows");
  }
}

HieraConfig hiera_from(const ConfigReader& reader) {
  reader.require("hidden_act", "gelu");
  reader.require("num_channels", 3);
  HieraConfig config;
  config.image_size = square_side(reader, "image_size", config.image_size);
  config.patch_kernel_size = square_side(reader, "patch_kernel_size", config.patch_kernel_size);
  config.patch_stride = square_side(reader, "patch_stride", config.patch_stride);
  config.patch_padding = square_side(reader, "patch_padding", config.patch_padding);
  config.query_stride = square_side(reader, "query_stride", config.query_stride);
  if (config.query_stride != 2) reader.fail("query_stride", "2, the only variant supported");
  if (2 * config.patch_padding + 1 != config.patch_kernel_size || config.patch_kernel_size > 63) {
    reader.fail("patch_kernel_size", "2 * patch_padding + 1, at most 63");
  }
  config.num_query_pool_stages =
      reader.integer("num_query_pool_stages", config.num_query_pool_stages, 3, 3);
  config.window_positional_embedding_background_size =
      reader.integers("window_positional_embedding_background_size",
                      config.window_positional_embedding_background_size, 2);
  const auto stages = [&](const char* key, const std::vector<std::int64_t>& fallback) {
    std::vector<std::int64_t> values = reader.integers(key, fallback, kStages);
    for (const std::int64_t value : values) {
      if (value > kLargest) reader.fail(key, "at most 65536 each");
    }
    return values;
  };
  config.blocks_per_stage = stages("blocks_per_stage", config.blocks_per_stage);
  config.embed_dim_per_stage = stages("embed_dim_per_stage", config.embed_dim_per_stage);
  config.num_attention_heads_per_stage =
      stages("num_attention_heads_per_stage", config.num_attention_heads_per_stage);
  config.window_size_per_stage = stages("window_size_per_stage", config.window_size_per_stage);
  if (reader.has("global_attention_blocks")) {
    config.global_attention_blocks = reader.whole_numbers("global_attention_blocks");
  }
  config.mlp_ratio = reader.real("mlp_ratio", config.mlp_ratio);
  if (!(config.mlp_ratio > 0 && config.mlp_ratio <= 64)) reader.fail("mlp_ratio", "0 to 64");
  config.layer_norm_eps = reader.real("layer_norm_eps", config.layer_norm_eps);
  check_stages(reader, config);
  return config;
}

void read_neck(const ConfigReader& reader, HieraConfig& config) {
  reader.require("fpn_kernel_size", 1);
  reader.require("fpn_stride", 1);
  reader.require("fpn_padding", 0);
  reader.require("num_feature_levels", 3);
  config.fpn_hidden_size = reader.integer("fpn_hidden_size", config.fpn_hidden_size, 8, kLargest);
  if (reader.has("fpn_top_down_levels")) {
    config.fpn_top_down_levels = reader.whole_numbers("fpn_top_down_levels");
  }
}

}  // namespace

Sam2Config Sam2Config::from_json(const nlohmann::json& json, const std::string& file) {
  const ConfigReader whole(json, file);
  const std::string type = whole.text("model_type", "sam2");
  if (type != "sam2" && type != "sam2_video") whole.fail("model_type", "sam2 or sam2_video");
  const nlohmann::json vision = part_of(json, "vision_config");
  const nlohmann::json backbone = part_of(vision, "backbone_config");
  const nlohmann::json prompt = part_of(json, "prompt_encoder_config");
  const nlohmann::json decoder = part_of(json, "mask_decoder_config");
  Sam2Config config;
  config.vision = hiera_from(ConfigReader(backbone, file + ": vision_config: backbone_config"));
  const ConfigReader reader(vision, file + ": vision_config");
  read_neck(reader, config.vision);
  config.prompt =
      SamPromptConfig::of_second_generation(ConfigReader(prompt, file + ": prompt_encoder_config"),
                                            ConfigReader(decoder, file + ": mask_decoder_config"));
  if (config.prompt.image_size != config.vision.image_size ||
      config.prompt.patch_size != 4 * config.vision.patch_stride) {
    reader.fail("backbone_config", "the sizes of prompt_encoder_config");
  }
  if (config.prompt.hidden_size != config.vision.fpn_hidden_size) {
    reader.fail("fpn_hidden_size", "hidden_size of prompt_encoder_config");
  }
  return config;
}

}  // namespace situ
