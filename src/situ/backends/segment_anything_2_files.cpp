// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/segment_anything_2_files.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "situ/backends/key_table.h"
#include "situ/backends/segment_anything_keys.h"
#include "situ/backends/state_shapes.h"
#include "situ/core/errors.h"

namespace situ {
namespace {

constexpr std::array<std::string_view, 5> kImageParts = {"vision_encoder.", "prompt_encoder.",
                                                         "mask_decoder.", "shared_image_embedding.",
                                                         "no_memory_embedding"};

const KeyTable& table() {
  static const KeyTable all(
      {
          {"mask_decoder.transformer.layers.*.self_attn.o_proj",
           "mask_decoder.transformer.layers.*.self_attn.out_proj"},
          {"mask_decoder.transformer.layers.*.cross_attn_token_to_image.o_proj",
           "mask_decoder.transformer.layers.*.cross_attn_token_to_image.out_proj"},
          {"mask_decoder.transformer.layers.*.cross_attn_image_to_token.o_proj",
           "mask_decoder.transformer.layers.*.cross_attn_image_to_token.out_proj"},
          {"mask_decoder.transformer.final_attn_token_to_image.o_proj",
           "mask_decoder.transformer.final_attn_token_to_image.out_proj"},
          {"mask_decoder.transformer.layers.*.mlp.proj_in",
           "mask_decoder.transformer.layers.*.mlp.lin1"},
          {"mask_decoder.transformer.layers.*.mlp.proj_out",
           "mask_decoder.transformer.layers.*.mlp.lin2"},
      },
      {});
  return all;
}

// From the original to SAM 1's original keys where the two generations have the same parts, which
// segment_anything_keys then turns into transformers'.
const KeyTable& original_table() {
  static const KeyTable all(
      {
          {"image_encoder.trunk.patch_embed.proj", "image_encoder.backbone.patch_embed.projection"},
          {"image_encoder.trunk.blocks.*.norm1", "image_encoder.backbone.blocks.*.layer_norm1"},
          {"image_encoder.trunk.blocks.*.norm2", "image_encoder.backbone.blocks.*.layer_norm2"},
          {"image_encoder.trunk.blocks.*.mlp.layers.0",
           "image_encoder.backbone.blocks.*.mlp.proj_in"},
          {"image_encoder.trunk.blocks.*.mlp.layers.1",
           "image_encoder.backbone.blocks.*.mlp.proj_out"},
          {"image_encoder.trunk", "image_encoder.backbone"},
          {"image_encoder.neck.convs.*.conv", "image_encoder.neck.convs.*"},
          {"no_mem_embed", "no_memory_embedding"},
          {"sam_mask_decoder.transformer.layers.*.mlp.layers.0",
           "mask_decoder.transformer.layers.*.mlp.lin1"},
          {"sam_mask_decoder.transformer.layers.*.mlp.layers.1",
           "mask_decoder.transformer.layers.*.mlp.lin2"},
          {"sam_mask_decoder.pred_obj_score_head.layers.0",
           "mask_decoder.pred_obj_score_head.proj_in"},
          {"sam_mask_decoder.pred_obj_score_head.layers.1",
           "mask_decoder.pred_obj_score_head.layers.0"},
          {"sam_mask_decoder.pred_obj_score_head.layers.2",
           "mask_decoder.pred_obj_score_head.proj_out"},
          {"sam_mask_decoder", "mask_decoder"},
          {"sam_prompt_encoder", "prompt_encoder"},
      },
      {});
  return all;
}

// What the original's checkpoints hold for videos.
constexpr std::array<std::string_view, 9> kVideoParts = {
    "memory_attention.", "memory_encoder.", "maskmem_tpos_enc",
    "no_mem_pos_enc",    "no_obj_ptr",      "no_obj_embed_spatial",
    "mask_downsample.",  "obj_ptr_proj.",   "obj_ptr_tpos_proj."};

/// What the shapes of a published size do not tell, and what tells it.
struct PublishedSize {
  std::int64_t width, heads;         // of the first stage; later ones have twice each
  std::vector<std::int64_t> blocks;  // of the stages
  std::vector<std::int64_t> windows;
  std::vector<std::int64_t> everywhere;
  std::int64_t background;  // side of the table of positions
};

const std::vector<PublishedSize>& published_sizes() {
  static const std::vector<PublishedSize> sizes = {
      {96, 1, {1, 2, 7, 2}, {8, 4, 14, 7}, {5, 7, 9}, 7},
      {96, 1, {1, 2, 11, 2}, {8, 4, 14, 7}, {7, 10, 13}, 7},
      {112, 2, {2, 3, 16, 3}, {8, 4, 14, 7}, {12, 16, 20}, 14},
      {144, 2, {2, 6, 36, 4}, {8, 4, 16, 8}, {23, 33, 43}, 7},
  };
  return sizes;
}

bool is_of_image_part(const std::string& key) {
  return !key.starts_with("prompt_encoder.shared_embedding.") &&
         std::any_of(kImageParts.begin(), kImageParts.end(),
                     [&](std::string_view part) { return key.starts_with(part); });
}

}  // namespace

StateDict segment_anything_2_state(const StateDict& file) {
  constexpr const char* kPoints = "prompt_encoder.point_embed.weight";
  StateDict image;
  for (const auto& [key, tensor] : file) {
    if (!is_of_image_part(key)) continue;
    if (key == kPoints && tensor.dim() == 2) {  // one table rather than four of one row
      for (int64_t i = 0; i < tensor.size(0); ++i) {
        image["prompt_encoder.point_embed." + std::to_string(i) + ".weight"] =
            tensor.narrow(0, i, 1);
      }
      continue;
    }
    image[key] = tensor;
  }
  return table().to_canonical(image);
}

StateDict sam2_from_original(const StateDict& original) {
  StateDict image = original;
  std::erase_if(image, [](const auto& entry) {
    return std::any_of(kVideoParts.begin(), kVideoParts.end(),
                       [&](std::string_view part) { return entry.first.starts_with(part); });
  });
  return sam_from_original(original_table().to_canonical(image));
}

StateDict sam2_to_original(const StateDict& state) {
  return original_table().to_original(sam_to_original(state));
}

Sam2Config sam2_config_of(const StateDict& state, const std::string& file) {
  const StateShapes shapes(state, file);
  const std::int64_t width = shapes.tensor("vision_encoder.backbone.pos_embed", 4).size(1);
  const std::int64_t blocks =
      shapes.count("vision_encoder.backbone.blocks.", ".layer_norm1.weight");
  for (const PublishedSize& size : published_sizes()) {
    const std::int64_t all = std::accumulate(size.blocks.begin(), size.blocks.end(), int64_t{0});
    if (width != size.width || blocks != all) continue;
    Sam2Config config;
    config.vision.blocks_per_stage = size.blocks;
    config.vision.window_size_per_stage = size.windows;
    config.vision.global_attention_blocks = size.everywhere;
    config.vision.window_positional_embedding_background_size = {size.background, size.background};
    for (std::size_t stage = 0; stage < size.blocks.size(); ++stage) {
      config.vision.embed_dim_per_stage[stage] = size.width << stage;
      config.vision.num_attention_heads_per_stage[stage] = size.heads << stage;
    }
    config.prompt.second_generation = true;
    config.prompt.layer_norm_eps = 1e-5;
    return config;
  }
  throw DataError(file,
                  "expected SAM 2 tiny, small, base plus or large, of width 96, 96, 112 or "
                  "144 and 12, 16, 24 or 48 blocks, got width " +
                      std::to_string(width) + " and " + std::to_string(blocks) + " blocks");
}

}  // namespace situ
