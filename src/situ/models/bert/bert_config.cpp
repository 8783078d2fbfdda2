// SPDX-License-Identifier: Apache-2.0
#include "situ/models/bert/bert_config.h"

#include "situ/nn/config_reader.h"

namespace situ {

BertConfig BertConfig::from_json(const nlohmann::json& json, const std::string& file) {
  constexpr int64_t kLargest = 1 << 20;
  constexpr int64_t kMostLayers = 1000;
  const ConfigReader reader(json, file);
  reader.require("hidden_act", "gelu");
  reader.require("position_embedding_type", "absolute");
  reader.require("is_decoder", false);
  reader.require("add_cross_attention", false);
  BertConfig config;
  const auto read = [&](const char* key, int64_t& value) {
    value = reader.integer(key, value, 1, kLargest);
  };
  read("vocab_size", config.vocab_size);
  read("hidden_size", config.hidden_size);
  config.num_hidden_layers =
      reader.integer("num_hidden_layers", config.num_hidden_layers, 1, kMostLayers);
  read("num_attention_heads", config.num_attention_heads);
  read("intermediate_size", config.intermediate_size);
  read("max_position_embeddings", config.max_position_embeddings);
  read("type_vocab_size", config.type_vocab_size);
  config.layer_norm_eps = reader.real("layer_norm_eps", config.layer_norm_eps);
  if (config.hidden_size % config.num_attention_heads != 0) {
    reader.fail("num_attention_heads", "a divisor of hidden_size");
  }
  return config;
}

}  // namespace situ
