// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace situ {

/// The keys of transformers' BertConfig that shape the network; defaults are bert-base-uncased.
struct BertConfig {
  std::int64_t vocab_size = 30522;
  std::int64_t hidden_size = 768;
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t intermediate_size = 3072;
  std::int64_t max_position_embeddings = 512;
  std::int64_t type_vocab_size = 2;
  double layer_norm_eps = 1e-12;

  /// Throws DataError naming `file` and the key for values out of range and variants that situ
  /// lacks: relative positions, decoders, other activations than GELU.
  static BertConfig from_json(const nlohmann::json& json, const std::string& file);
};

}  // namespace situ
