// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

#include "situ/models/bert/bert_config.h"
#include "situ/models/swin/swin_config.h"

namespace situ {

/// How a reference becomes the logit that a box is refined from.
enum class ReferenceLogit {
  kTransformers,  // log(x / (1 - x)) of x clamped to [1e-5, 1 - 1e-5]
  kOriginal,      // x and 1 - x each clamped to 1e-3 and more, as the original repository does
};

/// The keys of transformers' GroundingDinoConfig that shape the network; defaults as there.
struct GroundingDinoConfig {
  BertConfig text;
  SwinConfig backbone;
  std::int64_t num_queries = 900;
  std::int64_t encoder_layers = 6;
  std::int64_t encoder_ffn_dim = 2048;
  std::int64_t encoder_attention_heads = 8;
  std::int64_t decoder_layers = 6;
  std::int64_t decoder_ffn_dim = 2048;
  std::int64_t decoder_attention_heads = 8;
  std::int64_t d_model = 256;
  std::int64_t num_feature_levels = 4;
  std::int64_t encoder_n_points = 4;
  std::int64_t decoder_n_points = 4;
  std::int64_t max_text_len = 256;
  bool decoder_bbox_embed_share = true;  // one box head for all layers of the decoder
  double positional_embedding_temperature = 20;
  double layer_norm_eps = 1e-5;
  /// No key of config.json: the two implementations differ.
  ReferenceLogit reference_logit = ReferenceLogit::kTransformers;

  /// Reads `config.json` of a folder of transformers. Throws DataError naming `file` and the key.
  static GroundingDinoConfig from_json(const nlohmann::json& json, const std::string& file);
};

}  // namespace situ
