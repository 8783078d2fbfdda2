// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace situ {

/// The keys of transformers' SwinConfig that shape the backbone; defaults are Swin-T's.
struct SwinConfig {
  std::int64_t patch_size = 4;
  std::int64_t num_channels = 3;
  std::int64_t embed_dim = 96;
  std::vector<std::int64_t> depths = {2, 2, 6, 2};
  std::vector<std::int64_t> num_heads = {3, 6, 12, 24};
  std::int64_t window_size = 7;
  double mlp_ratio = 4;
  bool qkv_bias = true;
  double layer_norm_eps = 1e-5;
  std::vector<std::int64_t> out_indices = {2, 3, 4};  // stages, from 1

  /// Channels of stage i, from 1.
  std::int64_t channels(std::int64_t stage) const { return embed_dim << (stage - 1); }
  /// Those of the stages that are given out.
  std::vector<std::int64_t> out_channels() const;

  /// Throws DataError naming `file` for sizes out of range or that do not fit together. What a file
  /// says is checked before anything of its size is allocated.
  void validate(const std::string& file) const;

  /// Throws DataError naming `file` and the key for values out of range and variants that situ
  /// lacks: absolute positions, other activations than GELU.
  static SwinConfig from_json(const nlohmann::json& json, const std::string& file);
};

}  // namespace situ
