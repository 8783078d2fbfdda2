// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/grounding_dino_config.h"

#include <nlohmann/json.hpp>

#include "situ/nn/config_reader.h"

namespace situ {
namespace {

// Keys whose other values belong to variants that this network does not cover.
void require_supported_variant(const ConfigReader& reader) {
  reader.require("model_type", "grounding-dino");
  reader.require("two_stage", true);
  reader.require("embedding_init_target", true);
  reader.require("two_stage_bbox_embed_share", false);
  reader.require("position_embedding_type", "sine");
  reader.require("activation_function", "relu");
  reader.require("query_dim", 4);
  reader.require("use_timm_backbone", false);
  reader.require("backbone", nullptr);
}

// A configuration within another; what is missing has transformers' defaults.
nlohmann::json nested(const nlohmann::json& json, const ConfigReader& reader, const char* key,
                      const char* model_type) {
  if (!reader.has(key)) return nlohmann::json::object();
  const nlohmann::json& value = json.at(key);
  if (!value.is_object()) reader.fail(key, "a JSON object");
  const auto type = value.find("model_type");
  if (type != value.end() && *type != model_type) {
    reader.fail(key, std::string("a configuration of model_type ") + model_type);
  }
  return value;
}

void read_sizes(const ConfigReader& reader, GroundingDinoConfig& config) {
  constexpr int64_t kLargest = 1 << 16;
  constexpr int64_t kMostLayers = 256;
  const auto size = [&](const char* key, int64_t& value, int64_t largest) {
    value = reader.integer(key, value, 1, largest);
  };
  size("num_queries", config.num_queries, kLargest);
  size("encoder_layers", config.encoder_layers, kMostLayers);
  size("encoder_ffn_dim", config.encoder_ffn_dim, kLargest);
  size("encoder_attention_heads", config.encoder_attention_heads, kLargest);
  size("decoder_layers", config.decoder_layers, kMostLayers);
  size("decoder_ffn_dim", config.decoder_ffn_dim, kLargest);
  size("decoder_attention_heads", config.decoder_attention_heads, kLargest);
  size("d_model", config.d_model, kLargest);
  size("num_feature_levels", config.num_feature_levels, 8);
  size("encoder_n_points", config.encoder_n_points, kMostLayers);
  size("decoder_n_points", config.decoder_n_points, kMostLayers);
  size("max_text_len", config.max_text_len, kLargest);
}

void require_divisible(const ConfigReader& reader, const GroundingDinoConfig& config) {
  constexpr int64_t kMultiple = 32;  // groups of the neck's norm
  if (config.d_model % kMultiple != 0) reader.fail("d_model", "a multiple of 32");
  const int64_t heads = config.encoder_attention_heads;
  // Fusion and text attention have half as many heads, fusion half the hidden layer's width.
  if (heads % 2 != 0 || config.d_model % heads != 0) {
    reader.fail("encoder_attention_heads", "an even divisor of d_model");
  }
  if (config.encoder_ffn_dim % heads != 0) {
    reader.fail("encoder_ffn_dim", "a multiple of encoder_attention_heads");
  }
  if (config.d_model % config.decoder_attention_heads != 0) {
    reader.fail("decoder_attention_heads", "a divisor of d_model");
  }
  if (config.num_feature_levels < static_cast<int64_t>(config.backbone.out_channels().size())) {
    reader.fail("num_feature_levels", "one for each output of the backbone, or more");
  }
}

}  // namespace

GroundingDinoConfig GroundingDinoConfig::from_json(const nlohmann::json& json,
                                                   const std::string& file) {
  const ConfigReader reader(json, file);
  require_supported_variant(reader);
  GroundingDinoConfig config;
  config.text = BertConfig::from_json(nested(json, reader, "text_config", "bert"), file);
  nlohmann::json backbone = nested(json, reader, "backbone_config", "swin");
  if (backbone.empty()) backbone["out_indices"] = {2, 3, 4};
  config.backbone = SwinConfig::from_json(backbone, file);
  read_sizes(reader, config);
  config.decoder_bbox_embed_share =
      reader.flag("decoder_bbox_embed_share", config.decoder_bbox_embed_share);
  config.positional_embedding_temperature =
      reader.real("positional_embedding_temperature", config.positional_embedding_temperature);
  config.layer_norm_eps = reader.real("layer_norm_eps", config.layer_norm_eps);
  require_divisible(reader, config);
  return config;
}

}  // namespace situ
