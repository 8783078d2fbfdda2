// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace situ {

class ConfigReader;

/// The image encoder, with the keys of transformers' SamVisionConfig; defaults are ViT-B's.
struct SamVisionConfig {
  std::int64_t hidden_size = 768;
  std::int64_t mlp_dim = 3072;
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t image_size = 1024;
  std::int64_t patch_size = 16;
  std::int64_t window_size = 14;
  std::vector<std::int64_t> global_attn_indexes = {2, 5, 8, 11};
  std::int64_t output_channels = 256;
  double layer_norm_eps = 1e-6;

  /// Tokens a side.
  std::int64_t grid() const { return image_size / patch_size; }
};

/// Prompt encoder and mask decoder, with the keys of transformers' SamPromptEncoderConfig and
/// SamMaskDecoderConfig; defaults are those of all published sizes.
struct SamPromptConfig {
  std::int64_t hidden_size = 256;
  std::int64_t num_pos_feats = 128;  // half of hidden_size
  std::int64_t image_size = 1024;
  std::int64_t patch_size = 16;
  std::int64_t mask_input_channels = 16;
  std::int64_t mlp_dim = 2048;
  std::int64_t num_hidden_layers = 2;
  std::int64_t num_attention_heads = 8;
  std::int64_t attention_downsample_rate = 2;
  std::int64_t num_multimask_outputs = 3;
  std::int64_t iou_head_depth = 3;
  std::int64_t iou_head_hidden_dim = 256;
  /// Of the norms within the decoder's layers: transformers' configuration says 1e-6, the original
  /// code uses 1e-5.
  double layer_norm_eps = 1e-6;
  /// SAM 2: whether, and when, a mask whose outline is not sharp gives way to one of the others.
  bool second_generation = false;
  bool choose_steady_mask = true;
  double steady_delta = 0.05;
  double steady_threshold = 0.98;

  std::int64_t grid() const { return image_size / patch_size; }

  /// Those of SAM 2, from transformers' Sam2PromptEncoderConfig and Sam2MaskDecoderConfig. Throws
  /// DataError as SamConfig::from_json.
  static SamPromptConfig of_second_generation(const ConfigReader& prompt_encoder,
                                              const ConfigReader& mask_decoder);
};

struct SamConfig {
  SamVisionConfig vision;
  SamPromptConfig prompt;

  /// Reads `config.json` of a folder of transformers. Throws DataError naming `file` and the key
  /// for values out of range, parts that do not fit together and variants that situ lacks.
  static SamConfig from_json(const nlohmann::json& json, const std::string& file);
};

}  // namespace situ
