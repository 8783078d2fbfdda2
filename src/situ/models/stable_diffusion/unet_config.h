// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace situ {

/// What shapes a UNet2DConditionModel of the SD1, SD2 and SDXL families. One entry per level,
/// finest first.
struct UNetConfig {
  int64_t sample_size = 64;  // latent pixels a side that the model was made for
  int64_t in_channels = 4;
  int64_t out_channels = 4;
  std::vector<int64_t> block_out_channels = {320, 640, 1280, 1280};
  std::vector<int64_t> layers_per_block = {2, 2, 2, 2};
  std::vector<bool> down_has_attention = {true, true, true, false};
  std::vector<bool> up_has_attention = {false, true, true, true};  // coarsest first, as in the file
  std::vector<int64_t> attention_heads = {8, 8, 8,
                                          8};  // the file's attention_head_dim, which counts heads
  std::vector<int64_t> transformer_layers = {1, 1, 1, 1};  // transformer_layers_per_block
  int64_t cross_attention_dim = 1280;
  int64_t norm_num_groups = 32;
  double norm_eps = 1e-5;
  bool flip_sin_to_cos = true;
  double freq_shift = 0;
  bool use_linear_projection = false;
  // SDXL: sizes and crop position beside a pooled text embedding ("text_time"); 0: none.
  int64_t addition_time_embed_dim = 0;
  int64_t addition_input_dim = 0;  // projection_class_embeddings_input_dim
  // Latent consistency models: width of the guidance scale's embedding; 0: none.
  int64_t time_cond_proj_dim = 0;

  bool has_additional_embedding() const { return addition_input_dim > 0; }

  /// Reads `unet/config.json`. Throws DataError naming `file`, the key and what is supported.
  static UNetConfig from_json(const nlohmann::json& json, const std::string& file);
};

}  // namespace situ
