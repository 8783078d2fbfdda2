// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/segment_anything_keys.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "situ/backends/key_table.h"
#include "situ/backends/state_shapes.h"
#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

constexpr std::int64_t kLargestGrid = 512, kLargestPatch = 64;

const std::vector<KeyRule>& rules() {
  static const std::vector<KeyRule> all = {
      {"image_encoder.pos_embed", "vision_encoder.pos_embed"},
      {"image_encoder.patch_embed.proj", "vision_encoder.patch_embed.projection"},
      {"image_encoder.blocks.*.norm1", "vision_encoder.layers.*.layer_norm1"},
      {"image_encoder.blocks.*.norm2", "vision_encoder.layers.*.layer_norm2"},
      {"image_encoder.blocks.*", "vision_encoder.layers.*"},
      {"image_encoder.neck.0", "vision_encoder.neck.conv1"},
      {"image_encoder.neck.1", "vision_encoder.neck.layer_norm1"},
      {"image_encoder.neck.2", "vision_encoder.neck.conv2"},
      {"image_encoder.neck.3", "vision_encoder.neck.layer_norm2"},
      {"image_encoder", "vision_encoder"},  // of MobileSAM and SAM 2, the rest
      {"prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
       "shared_image_embedding.positional_embedding"},
      {"prompt_encoder.point_embeddings.*", "prompt_encoder.point_embed.*"},
      {"prompt_encoder.mask_downscaling.0", "prompt_encoder.mask_embed.conv1"},
      {"prompt_encoder.mask_downscaling.1", "prompt_encoder.mask_embed.layer_norm1"},
      {"prompt_encoder.mask_downscaling.3", "prompt_encoder.mask_embed.conv2"},
      {"prompt_encoder.mask_downscaling.4", "prompt_encoder.mask_embed.layer_norm2"},
      {"prompt_encoder.mask_downscaling.6", "prompt_encoder.mask_embed.conv3"},
      {"mask_decoder.transformer.layers.*.norm1", "mask_decoder.transformer.layers.*.layer_norm1"},
      {"mask_decoder.transformer.layers.*.norm2", "mask_decoder.transformer.layers.*.layer_norm2"},
      {"mask_decoder.transformer.layers.*.norm3", "mask_decoder.transformer.layers.*.layer_norm3"},
      {"mask_decoder.transformer.layers.*.norm4", "mask_decoder.transformer.layers.*.layer_norm4"},
      {"mask_decoder.transformer.norm_final_attn",
       "mask_decoder.transformer.layer_norm_final_attn"},
      {"mask_decoder.output_upscaling.0", "mask_decoder.upscale_conv1"},
      {"mask_decoder.output_upscaling.1", "mask_decoder.upscale_layer_norm"},
      {"mask_decoder.output_upscaling.3", "mask_decoder.upscale_conv2"},
      {"mask_decoder.output_hypernetworks_mlps.*.layers.0",
       "mask_decoder.output_hypernetworks_mlps.*.proj_in"},
      {"mask_decoder.output_hypernetworks_mlps.*.layers.1",
       "mask_decoder.output_hypernetworks_mlps.*.layers.0"},
      {"mask_decoder.output_hypernetworks_mlps.*.layers.2",
       "mask_decoder.output_hypernetworks_mlps.*.proj_out"},
      {"mask_decoder.iou_prediction_head.layers.0", "mask_decoder.iou_prediction_head.proj_in"},
      {"mask_decoder.iou_prediction_head.layers.1", "mask_decoder.iou_prediction_head.layers.0"},
      {"mask_decoder.iou_prediction_head.layers.2", "mask_decoder.iou_prediction_head.proj_out"},
  };
  return all;
}

const KeyTable& table() {
  static const KeyTable all(rules(), {});
  return all;
}

const KeyTable& mobile_table() {
  static const KeyTable all = [] {
    std::vector<KeyRule> both = {{"image_encoder.layers", "vision_encoder.layers"}};
    both.insert(both.end(), rules().begin(), rules().end());
    return KeyTable(std::move(both), {});
  }();
  return all;
}

// The numbers that shapes do not tell are those of the published sizes.
std::int64_t heads_of(std::int64_t width, const std::string& file) {
  for (const auto& [known, heads] :
       {std::pair<std::int64_t, std::int64_t>{768, 12}, {1024, 16}, {1280, 16}}) {
    if (width == known) return heads;
  }
  throw DataError(
      file, "expected a ViT-B, L or H of width 768, 1024 or 1280, got " + std::to_string(width));
}

}  // namespace

StateDict sam_from_original(const StateDict& original) { return table().to_canonical(original); }

StateDict sam_to_original(const StateDict& canonical) { return table().to_original(canonical); }

StateDict mobile_sam_from_original(StateDict original) {
  // Of the classifier that the encoder was trained as; how many batches that took; places in
  // tables, which follow from the window.
  std::erase_if(original, [](const auto& entry) {
    const std::string& key = entry.first;
    return key.starts_with("image_encoder.norm_head.") || key.starts_with("image_encoder.head.") ||
           key.ends_with(".bn.num_batches_tracked") || key.ends_with(".attn.attention_bias_idxs");
  });
  return mobile_table().to_canonical(original);
}

StateDict mobile_sam_to_original(const StateDict& canonical) {
  return mobile_table().to_original(canonical);
}

SamConfig sam_config_of(const StateDict& state, const std::string& file) {
  SamConfig config;
  SamVisionConfig& vision = config.vision;
  const StateShapes shapes(state, file);
  const at::Tensor& positions = shapes.tensor("vision_encoder.pos_embed", 4);
  const at::Tensor& patches = shapes.tensor("vision_encoder.patch_embed.projection.weight", 4);
  // Sizes that a picture can have, before anything of them is allocated.
  if (positions.size(1) != positions.size(2) || positions.size(1) > kLargestGrid ||
      patches.size(2) != patches.size(3) || patches.size(2) > kLargestPatch) {
    throw DataError(file, "expected square position embeddings of at most " +
                              std::to_string(kLargestGrid) + " and square patches of at most " +
                              std::to_string(kLargestPatch) + ", got " + shape_text(positions) +
                              " and " + shape_text(patches));
  }
  vision.hidden_size = positions.size(3);
  vision.patch_size = patches.size(2);
  vision.image_size = positions.size(1) * vision.patch_size;
  vision.num_attention_heads = heads_of(vision.hidden_size, file);
  vision.mlp_dim = shapes.tensor("vision_encoder.layers.0.mlp.lin1.weight", 2).size(0);
  vision.output_channels = shapes.tensor("vision_encoder.neck.conv2.weight", 4).size(0);
  vision.num_hidden_layers = shapes.count("vision_encoder.layers.", ".attn.rel_pos_h");
  vision.global_attn_indexes.clear();
  for (std::int64_t layer = 0; layer < vision.num_hidden_layers; ++layer) {
    const std::string table = "vision_encoder.layers." + std::to_string(layer) + ".attn.rel_pos_h";
    const std::int64_t side = (shapes.tensor(table, 2).size(0) + 1) / 2;
    if (side == vision.grid()) {
      vision.global_attn_indexes.push_back(layer);
    } else {
      vision.window_size = side;
    }
  }
  config.prompt.image_size = vision.image_size;
  config.prompt.patch_size = vision.patch_size;
  config.prompt.layer_norm_eps = 1e-5;  // as the original code has it
  return config;
}

}  // namespace situ
