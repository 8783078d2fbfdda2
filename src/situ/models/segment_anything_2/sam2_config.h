// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "situ/models/segment_anything/sam_config.h"

namespace situ {

/// The image encoder, with the keys of transformers' Sam2HieraDetConfig and Sam2VisionConfig;
/// defaults are SAM 2.1 tiny's.
struct HieraConfig {
  std::int64_t image_size = 1024;
  std::int64_t patch_kernel_size = 7;
  std::int64_t patch_stride = 4;
  std::int64_t patch_padding = 3;
  std::int64_t query_stride = 2;
  std::int64_t num_query_pool_stages = 3;
  std::vector<std::int64_t> window_positional_embedding_background_size = {7, 7};
  std::vector<std::int64_t> blocks_per_stage = {1, 2, 7, 2};
  std::vector<std::int64_t> embed_dim_per_stage = {96, 192, 384, 768};
  std::vector<std::int64_t> num_attention_heads_per_stage = {1, 2, 4, 8};
  std::vector<std::int64_t> window_size_per_stage = {8, 4, 14, 7};
  std::vector<std::int64_t> global_attention_blocks = {5, 7, 9};
  double mlp_ratio = 4;
  double layer_norm_eps = 1e-6;
  std::int64_t fpn_hidden_size = 256;
  std::vector<std::int64_t> fpn_top_down_levels = {2, 3};
};

struct Sam2Config {
  HieraConfig vision;
  SamPromptConfig prompt;

  /// Reads `config.json` of a folder of transformers: of the image model (sam2) or of the video
  /// model (sam2_video), whose image part is the same. Throws DataError naming `file` and the key
  /// for values out of range, parts that do not fit together and variants that situ lacks.
  static Sam2Config from_json(const nlohmann::json& json, const std::string& file);
};

}  // namespace situ
