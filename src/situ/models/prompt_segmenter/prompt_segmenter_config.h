// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <string>

#include "situ/models/clip/clip_text_encoder.h"

namespace situ {

/// The shape of a PromptSegmenter; `config.json` of its folder.
struct PromptSegmenterConfig {
  std::array<int64_t, 4> stage_channels = {48, 96, 144, 192};  // at strides 4, 8, 16 and 32
  int64_t blocks_per_stage = 2;
  int64_t decoder_channels = 96;
  int64_t feature_size = 64;  // D, which pixels and prompts share
  int64_t end_of_text_id = 49407;
  ClipTextConfig text = {.hidden_size = 128,
                         .intermediate_size = 512,
                         .num_hidden_layers = 2,
                         .num_attention_heads = 4,
                         .max_position_embeddings = 24};

  /// Throws DataError naming `file` and the key for an unknown format or key, a wrong type and a
  /// size out of bounds.
  static PromptSegmenterConfig from_json(const nlohmann::json& json, const std::string& file);
  nlohmann::ordered_json to_json() const;
};

}  // namespace situ
