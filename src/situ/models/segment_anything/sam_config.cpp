// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "situ/models/segment_anything/config_parts.h"
#include "situ/nn/config_reader.h"

namespace situ {
namespace {

constexpr std::int64_t kLargest = 1 << 16;

std::int64_t grid_side(const ConfigReader& reader, std::int64_t image, std::int64_t patch) {
  if (image > 8192 || patch > image || image % patch != 0) {
    reader.fail("image_size", "a multiple of patch_size, at most 8192");
  }
  return image / patch;
}

SamVisionConfig vision_from(const ConfigReader& reader) {
  reader.require("hidden_act", "gelu");
  reader.require("qkv_bias", true);
  reader.require("use_abs_pos", true);
  reader.require("use_rel_pos", true);
  reader.require("num_channels", 3);
  SamVisionConfig config;
  config.hidden_size = reader.integer("hidden_size", config.hidden_size, 1, kLargest);
  config.num_hidden_layers = reader.integer("num_hidden_layers", config.num_hidden_layers, 1, 1000);
  config.num_attention_heads =
      reader.integer("num_attention_heads", config.num_attention_heads, 1, kLargest);
  config.image_size = square_side(reader, "image_size", config.image_size);
  config.patch_size = square_side(reader, "patch_size", config.patch_size);
  config.window_size = reader.integer("window_size", config.window_size, 1, 1024);
  config.output_channels = reader.integer("output_channels", config.output_channels, 1, kLargest);
  config.layer_norm_eps = reader.real("layer_norm_eps", config.layer_norm_eps);
  const double ratio = reader.real("mlp_ratio", 4);
  if (!(ratio > 0 && ratio <= 64)) reader.fail("mlp_ratio", "a number from 0 to 64");
  config.mlp_dim = reader.integer(
      "mlp_dim", static_cast<std::int64_t>(ratio * static_cast<double>(config.hidden_size)), 1,
      1 << 20);
  if (reader.has("global_attn_indexes")) {
    config.global_attn_indexes = reader.whole_numbers("global_attn_indexes");
  }
  grid_side(reader, config.image_size, config.patch_size);
  if (config.hidden_size % config.num_attention_heads != 0) {
    reader.fail("num_attention_heads", "a divisor of hidden_size");
  }
  return config;
}

void read_prompt_encoder(const ConfigReader& reader, SamPromptConfig& config) {
  reader.require("hidden_act", "gelu");
  reader.require("num_point_embeddings", 4);
  config.hidden_size = reader.integer("hidden_size", config.hidden_size, 8, kLargest);
  config.image_size = square_side(reader, "image_size", config.image_size);
  config.patch_size = square_side(reader, "patch_size", config.patch_size);
  config.mask_input_channels =
      reader.integer("mask_input_channels", config.mask_input_channels, 4, kLargest);
  grid_side(reader, config.image_size, config.patch_size);
  if (config.hidden_size % 8 != 0) reader.fail("hidden_size", "a multiple of 8");
}

void read_mask_decoder(const ConfigReader& reader, SamPromptConfig& config) {
  const auto read = [&](const char* key, std::int64_t& value, std::int64_t least) {
    value = reader.integer(key, value, least, kLargest);
  };
  read("mlp_dim", config.mlp_dim, 1);
  read("num_hidden_layers", config.num_hidden_layers, 1);
  read("num_attention_heads", config.num_attention_heads, 1);
  read("attention_downsample_rate", config.attention_downsample_rate, 1);
  read("num_multimask_outputs", config.num_multimask_outputs, 1);
  read("iou_head_depth", config.iou_head_depth, 2);
  read("iou_head_hidden_dim", config.iou_head_hidden_dim, 1);
  config.layer_norm_eps = reader.real("layer_norm_eps", config.layer_norm_eps);
  if (reader.integer("hidden_size", config.hidden_size, 1, kLargest) != config.hidden_size) {
    reader.fail("hidden_size", "that of the prompt encoder, " + std::to_string(config.hidden_size));
  }
  const std::int64_t inner = config.hidden_size / config.attention_downsample_rate;
  if (inner < 1 || inner % config.num_attention_heads != 0) {
    reader.fail("num_attention_heads", "a divisor of hidden_size / attention_downsample_rate");
  }
}

}  // namespace

SamPromptConfig SamPromptConfig::of_second_generation(const ConfigReader& prompt_encoder,
                                                      const ConfigReader& mask_decoder) {
  SamPromptConfig config;
  config.second_generation = true;
  read_prompt_encoder(prompt_encoder, config);
  config.num_pos_feats = config.hidden_size / 2;
  read_mask_decoder(mask_decoder, config);
  if (config.num_hidden_layers != 2) {
    mask_decoder.fail("num_hidden_layers", "2, the only variant supported");
  }
  config.layer_norm_eps = 1e-5;  // no key: the layers of this decoder have torch's own
  config.choose_steady_mask =
      mask_decoder.flag("dynamic_multimask_via_stability", config.choose_steady_mask);
  config.steady_delta = mask_decoder.real("dynamic_multimask_stability_delta", config.steady_delta);
  config.steady_threshold =
      mask_decoder.real("dynamic_multimask_stability_thresh", config.steady_threshold);
  return config;
}

SamConfig SamConfig::from_json(const nlohmann::json& json, const std::string& file) {
  const ConfigReader whole(json, file);
  whole.require("model_type", "sam");
  const nlohmann::json vision = part_of(json, "vision_config");
  const nlohmann::json prompt = part_of(json, "prompt_encoder_config");
  const nlohmann::json decoder = part_of(json, "mask_decoder_config");
  const ConfigReader reader(vision, file + ": vision_config");
  SamConfig config;
  config.vision = vision_from(reader);
  config.prompt.num_pos_feats =
      reader.integer("num_pos_feats", config.prompt.num_pos_feats, 1, kLargest);
  read_prompt_encoder(ConfigReader(prompt, file + ": prompt_encoder_config"), config.prompt);
  const ConfigReader decoder_reader(decoder, file + ": mask_decoder_config");
  decoder_reader.require("hidden_act", "relu");
  read_mask_decoder(decoder_reader, config.prompt);
  if (config.prompt.image_size != config.vision.image_size ||
      config.prompt.patch_size != config.vision.patch_size) {
    reader.fail("image_size", "that of prompt_encoder_config");
  }
  if (config.prompt.hidden_size != config.vision.output_channels) {
    reader.fail("output_channels", "hidden_size of prompt_encoder_config");
  }
  if (2 * config.prompt.num_pos_feats != config.prompt.hidden_size) {
    reader.fail("num_pos_feats", "half of prompt_encoder_config's hidden_size");
  }
  return config;
}

}  // namespace situ
