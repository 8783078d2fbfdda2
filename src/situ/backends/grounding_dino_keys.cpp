// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/grounding_dino_keys.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "situ/backends/key_table.h"
#include "situ/backends/state_shapes.h"
#include "situ/core/errors.h"

namespace situ {
namespace {

std::vector<KeyRule> enhancer_rules() {
  return {
      {"transformer.encoder.layers.*.self_attn",
       "model.encoder.layers.*.deformable_layer.self_attn"},
      {"transformer.encoder.layers.*.norm1",
       "model.encoder.layers.*.deformable_layer.self_attn_layer_norm"},
      {"transformer.encoder.layers.*.linear1", "model.encoder.layers.*.deformable_layer.fc1"},
      {"transformer.encoder.layers.*.linear2", "model.encoder.layers.*.deformable_layer.fc2"},
      {"transformer.encoder.layers.*.norm2",
       "model.encoder.layers.*.deformable_layer.final_layer_norm"},
      {"transformer.encoder.text_layers.*.self_attn.out_proj",
       "model.encoder.layers.*.text_enhancer_layer.self_attn.out_proj"},
      {"transformer.encoder.text_layers.*.linear1",
       "model.encoder.layers.*.text_enhancer_layer.fc1"},
      {"transformer.encoder.text_layers.*.linear2",
       "model.encoder.layers.*.text_enhancer_layer.fc2"},
      {"transformer.encoder.text_layers.*.norm1",
       "model.encoder.layers.*.text_enhancer_layer.layer_norm_before"},
      {"transformer.encoder.text_layers.*.norm2",
       "model.encoder.layers.*.text_enhancer_layer.layer_norm_after"},
      {"transformer.encoder.fusion_layers.*.gamma_v",
       "model.encoder.layers.*.fusion_layer.vision_param"},
      {"transformer.encoder.fusion_layers.*.gamma_l",
       "model.encoder.layers.*.fusion_layer.text_param"},
      {"transformer.encoder.fusion_layers.*.layer_norm_v",
       "model.encoder.layers.*.fusion_layer.layer_norm_vision"},
      {"transformer.encoder.fusion_layers.*.layer_norm_l",
       "model.encoder.layers.*.fusion_layer.layer_norm_text"},
      {"transformer.encoder.fusion_layers.*.attn.v_proj",
       "model.encoder.layers.*.fusion_layer.attn.vision_proj"},
      {"transformer.encoder.fusion_layers.*.attn.l_proj",
       "model.encoder.layers.*.fusion_layer.attn.text_proj"},
      {"transformer.encoder.fusion_layers.*.attn.values_v_proj",
       "model.encoder.layers.*.fusion_layer.attn.values_vision_proj"},
      {"transformer.encoder.fusion_layers.*.attn.values_l_proj",
       "model.encoder.layers.*.fusion_layer.attn.values_text_proj"},
      {"transformer.encoder.fusion_layers.*.attn.out_v_proj",
       "model.encoder.layers.*.fusion_layer.attn.out_vision_proj"},
      {"transformer.encoder.fusion_layers.*.attn.out_l_proj",
       "model.encoder.layers.*.fusion_layer.attn.out_text_proj"},
  };
}

std::vector<KeyRule> decoder_rules() {
  return {
      {"transformer.decoder.layers.*.cross_attn", "model.decoder.layers.*.encoder_attn"},
      {"transformer.decoder.layers.*.norm1", "model.decoder.layers.*.encoder_attn_layer_norm"},
      {"transformer.decoder.layers.*.ca_text.out_proj",
       "model.decoder.layers.*.encoder_attn_text.out_proj"},
      {"transformer.decoder.layers.*.catext_norm",
       "model.decoder.layers.*.encoder_attn_text_layer_norm"},
      {"transformer.decoder.layers.*.self_attn.out_proj",
       "model.decoder.layers.*.self_attn.out_proj"},
      {"transformer.decoder.layers.*.norm2", "model.decoder.layers.*.self_attn_layer_norm"},
      {"transformer.decoder.layers.*.linear1", "model.decoder.layers.*.fc1"},
      {"transformer.decoder.layers.*.linear2", "model.decoder.layers.*.fc2"},
      {"transformer.decoder.layers.*.norm3", "model.decoder.layers.*.final_layer_norm"},
      {"transformer.decoder.norm", "model.decoder.layer_norm"},
      {"transformer.decoder.ref_point_head", "model.decoder.reference_points_head"},
      {"transformer.level_embed", "model.level_embed"},
      {"transformer.tgt_embed", "model.query_position_embeddings"},
      {"transformer.enc_output", "model.enc_output"},
      {"transformer.enc_output_norm", "model.enc_output_norm"},
      {"transformer.enc_out_bbox_embed", "model.encoder_output_bbox_embed"},
      {"input_proj", "model.input_proj_vision"},
      {"feat_map", "model.text_projection"},
      {"bert", "model.text_backbone"},
  };
}

std::vector<KeyRule> backbone_rules() {
  return {
      {"backbone.0.patch_embed.proj",
       "model.backbone.conv_encoder.model.embeddings.patch_embeddings.projection"},
      {"backbone.0.patch_embed.norm", "model.backbone.conv_encoder.model.embeddings.norm"},
      {"backbone.0.layers.*.blocks.*.norm1",
       "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.layernorm_before"},
      {"backbone.0.layers.*.blocks.*.norm2",
       "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.layernorm_after"},
      {"backbone.0.layers.*.blocks.*.attn.relative_position_bias_table",
       "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.attention.self."
       "relative_position_bias_table"},
      {"backbone.0.layers.*.blocks.*.attn.proj",
       "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.attention.output.dense"},
      {"backbone.0.layers.*.blocks.*.mlp.fc1",
       "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.intermediate.dense"},
      {"backbone.0.layers.*.blocks.*.mlp.fc2",
       "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.output.dense"},
      {"backbone.0.layers.*.downsample",
       "model.backbone.conv_encoder.model.encoder.layers.*.downsample"},
      {"backbone.0.norm0", "model.backbone.conv_encoder.model.hidden_states_norms.stage1"},
      {"backbone.0.norm1", "model.backbone.conv_encoder.model.hidden_states_norms.stage2"},
      {"backbone.0.norm2", "model.backbone.conv_encoder.model.hidden_states_norms.stage3"},
      {"backbone.0.norm3", "model.backbone.conv_encoder.model.hidden_states_norms.stage4"},
  };
}

std::vector<FusedKeyRule> fused_rules() {
  return {
      {"backbone.0.layers.*.blocks.*.attn.qkv",
       {"model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.attention.self.query",
        "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.attention.self.key",
        "model.backbone.conv_encoder.model.encoder.layers.*.blocks.*.attention.self.value"}},
      {"transformer.encoder.text_layers.*.self_attn.in_proj_weight",
       {"model.encoder.layers.*.text_enhancer_layer.self_attn.query.weight",
        "model.encoder.layers.*.text_enhancer_layer.self_attn.key.weight",
        "model.encoder.layers.*.text_enhancer_layer.self_attn.value.weight"}},
      {"transformer.encoder.text_layers.*.self_attn.in_proj_bias",
       {"model.encoder.layers.*.text_enhancer_layer.self_attn.query.bias",
        "model.encoder.layers.*.text_enhancer_layer.self_attn.key.bias",
        "model.encoder.layers.*.text_enhancer_layer.self_attn.value.bias"}},
      {"transformer.decoder.layers.*.ca_text.in_proj_weight",
       {"model.decoder.layers.*.encoder_attn_text.query.weight",
        "model.decoder.layers.*.encoder_attn_text.key.weight",
        "model.decoder.layers.*.encoder_attn_text.value.weight"}},
      {"transformer.decoder.layers.*.ca_text.in_proj_bias",
       {"model.decoder.layers.*.encoder_attn_text.query.bias",
        "model.decoder.layers.*.encoder_attn_text.key.bias",
        "model.decoder.layers.*.encoder_attn_text.value.bias"}},
      {"transformer.decoder.layers.*.self_attn.in_proj_weight",
       {"model.decoder.layers.*.self_attn.query.weight",
        "model.decoder.layers.*.self_attn.key.weight",
        "model.decoder.layers.*.self_attn.value.weight"}},
      {"transformer.decoder.layers.*.self_attn.in_proj_bias",
       {"model.decoder.layers.*.self_attn.query.bias", "model.decoder.layers.*.self_attn.key.bias",
        "model.decoder.layers.*.self_attn.value.bias"}},
  };
}

const KeyTable& table() {
  static const KeyTable all = [] {
    std::vector<KeyRule> rules = enhancer_rules();
    for (const auto& more : {decoder_rules(), backbone_rules()}) {
      rules.insert(rules.end(), more.begin(), more.end());
    }
    return KeyTable(std::move(rules), fused_rules());
  }();
  return all;
}

constexpr std::string_view kFirstHead = "bbox_embed.0.";

bool is_head_copy(std::string_view key) {
  return key.starts_with("transformer.decoder.bbox_embed.") ||
         key.starts_with("model.decoder.bbox_embed.") ||
         (key.starts_with("bbox_embed.") && !key.starts_with(kFirstHead));
}

// What neither layout's network reads.
bool is_unused(std::string_view key) {
  return key.ends_with("relative_position_index") || key.ends_with("embeddings.position_ids") ||
         key.starts_with("bert.pooler.") || key.starts_with("model.text_backbone.pooler.") ||
         key.starts_with("label_enc.") ||
         key.starts_with("model.backbone.conv_encoder.model.swin.layernorm.") ||
         key.starts_with("model.backbone.conv_encoder.model.layernorm.");
}

// Of a table of relative positions with (2 window - 1)^2 rows.
std::int64_t window_of(std::int64_t rows, const std::string& file) {
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(rows))));
  if (side % 2 != 1 || side * side != rows) {
    throw DataError(file, "relative positions: expected the square of an odd number of rows, got " +
                              std::to_string(rows));
  }
  return (side + 1) / 2;
}

SwinConfig backbone_of(const StateShapes& shapes, const std::string& file) {
  const std::string model = "model.backbone.conv_encoder.model.";
  const std::string biases = ".attention.self.relative_position_bias_table";
  SwinConfig config;
  config.embed_dim = shapes.size(model + "embeddings.patch_embeddings.projection.weight", 0);
  config.depths.clear();
  config.num_heads.clear();
  for (;;) {
    const std::string stage =
        model + "encoder.layers." + std::to_string(config.depths.size()) + ".blocks.";
    const std::int64_t depth = shapes.count(stage, biases);
    if (depth == 0) break;
    config.depths.push_back(depth);
    config.num_heads.push_back(shapes.size(stage + "0" + biases, 1));
    config.window_size = window_of(shapes.size(stage + "0" + biases, 0), file);
  }
  if (config.depths.empty()) throw DataError(file, "expected a Swin backbone, got none");
  config.out_indices.clear();
  for (std::int64_t stage = 1; stage <= static_cast<std::int64_t>(config.depths.size()); ++stage) {
    if (shapes.contains(model + "hidden_states_norms.stage" + std::to_string(stage) + ".weight")) {
      config.out_indices.push_back(stage);
    }
  }
  config.validate(file);
  return config;
}

}  // namespace

StateDict grounding_dino_from_original(const StateDict& original) {
  constexpr std::string_view kParallel = "module.";
  StateDict known;
  for (const auto& [key, tensor] : original) {
    const std::string name = key.starts_with(kParallel) ? key.substr(kParallel.size()) : key;
    if (!is_unused(name) && !is_head_copy(name)) known[name] = tensor;
  }
  return table().to_canonical(known);
}

StateDict grounding_dino_to_original(const StateDict& canonical) {
  StateDict original = table().to_original(canonical);
  const std::string file = "the network";
  const std::int64_t layers =
      StateShapes(canonical, file).count("model.decoder.layers.", ".fc1.weight");
  StateDict copies;
  for (const auto& [key, tensor] : original) {
    if (!key.starts_with(kFirstHead)) continue;
    const std::string rest = key.substr(kFirstHead.size());
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string name = "bbox_embed." + std::to_string(i) + "." + rest;
      copies[name] = tensor;
      copies["transformer.decoder." + name] = tensor;
    }
  }
  original.merge(copies);
  return original;
}

StateDict without_grounding_dino_extras(const StateDict& canonical, bool one_box_head) {
  StateDict kept;
  for (const auto& [key, tensor] : canonical) {
    const bool copy =
        key.starts_with("model.decoder.bbox_embed.") || (one_box_head && is_head_copy(key));
    if (!copy && !is_unused(key)) kept[key] = tensor;
  }
  return kept;
}

GroundingDinoConfig grounding_dino_config_of(const StateDict& state, const std::string& file) {
  const StateShapes shapes(state, file);
  GroundingDinoConfig config;
  config.backbone = backbone_of(shapes, file);
  config.text.num_hidden_layers =
      shapes.count("model.text_backbone.encoder.layer.", ".output.dense.weight");
  config.encoder_layers = shapes.count("model.encoder.layers.", ".deformable_layer.fc1.weight");
  config.decoder_layers = shapes.count("model.decoder.layers.", ".fc1.weight");
  config.num_queries = shapes.size("model.query_position_embeddings.weight", 0);
  constexpr std::int64_t kMostQueries = 100000, kMostLayers = 1000;
  if (config.num_queries < 1 || config.num_queries > kMostQueries ||
      std::max({config.text.num_hidden_layers, config.encoder_layers, config.decoder_layers}) >
          kMostLayers) {
    throw DataError(file, "expected at most 100000 queries and 1000 layers");
  }
  config.reference_logit = ReferenceLogit::kOriginal;
  return config;
}

}  // namespace situ
