// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/prompt_segmenter_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"

namespace situ {
namespace {

constexpr int kFormat = 1;
constexpr const char* kClassName = "PromptSegmenter";
// Generous, yet small enough that a broken file cannot ask for gigabytes.
constexpr int64_t kMaxChannels = 2048;
constexpr int64_t kMaxBlocks = 32;
constexpr int64_t kMaxTextParameters = 1 << 27;

void check_keys(const nlohmann::json& json, const std::string& file) {
  if (!json.is_object()) throw DataError(file, "expected an object");
  const std::vector<std::string> known = {
      "_class_name",      "format",       "stage_channels", "blocks_per_stage",
      "decoder_channels", "feature_size", "end_of_text_id", "text"};
  for (const auto& item : json.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      throw DataError(file, unknown_name_message("key", item.key(), known));
    }
  }
  for (const std::string& key : known) {
    if (!json.contains(key)) throw DataError(file, key + " is missing");
  }
  if (json["_class_name"] != kClassName) {
    throw DataError(file, std::string("_class_name: expected ") + kClassName + ", got " +
                              json["_class_name"].dump());
  }
  if (json["format"] != kFormat) {
    throw DataError(
        file, "format: expected " + std::to_string(kFormat) + ", got " + json["format"].dump());
  }
}

int64_t whole_number(const nlohmann::json& value, const std::string& key, int64_t low, int64_t high,
                     const std::string& file) {
  if (!value.is_number_integer() || value < low || value > high) {
    throw DataError(file, key + ": expected a whole number from " + std::to_string(low) + " to " +
                              std::to_string(high) + ", got " + value.dump());
  }
  return value.get<int64_t>();
}

void check_text(const ClipTextConfig& text, int64_t end_of_text_id, const std::string& file) {
  const int64_t parameters_at_least =
      std::max(text.vocab_size, text.intermediate_size) * text.hidden_size;
  if (parameters_at_least > kMaxTextParameters || text.num_hidden_layers > kMaxBlocks ||
      text.max_position_embeddings > kMaxChannels) {
    throw DataError(file, "text: the encoder is larger than this model allows");
  }
  if (text.max_position_embeddings < 3) {
    throw DataError(file, "text: max_position_embeddings: expected 3 or more, got " +
                              std::to_string(text.max_position_embeddings));
  }
  if (end_of_text_id >= text.vocab_size) {
    throw DataError(file, "end_of_text_id: expected less than vocab_size " +
                              std::to_string(text.vocab_size) + ", got " +
                              std::to_string(end_of_text_id));
  }
}

}  // namespace

PromptSegmenterConfig PromptSegmenterConfig::from_json(const nlohmann::json& json,
                                                       const std::string& file) {
  check_keys(json, file);
  PromptSegmenterConfig config;
  const nlohmann::json& channels = json["stage_channels"];
  if (!channels.is_array() || channels.size() != config.stage_channels.size()) {
    throw DataError(file, "stage_channels: expected four numbers, got " + channels.dump());
  }
  for (std::size_t i = 0; i < channels.size(); ++i) {
    config.stage_channels[i] = whole_number(channels[i], "stage_channels", 2, kMaxChannels, file);
  }
  const auto number = [&](const char* key, int64_t low, int64_t high) {
    return whole_number(json[key], key, low, high, file);
  };
  config.blocks_per_stage = number("blocks_per_stage", 1, kMaxBlocks);
  config.decoder_channels = number("decoder_channels", 1, kMaxChannels);
  config.feature_size = number("feature_size", 1, kMaxChannels);
  config.end_of_text_id = number("end_of_text_id", 0, int64_t{1} << 20);
  if (!json["text"].is_object()) throw DataError(file, "text: expected an object");
  config.text = ClipTextConfig::from_json(json["text"], file);
  check_text(config.text, config.end_of_text_id, file);
  return config;
}

nlohmann::ordered_json PromptSegmenterConfig::to_json() const {
  const bool quick = text.hidden_act == ClipActivation::kQuickGelu;
  return {{"_class_name", kClassName},
          {"format", kFormat},
          {"stage_channels", stage_channels},
          {"blocks_per_stage", blocks_per_stage},
          {"decoder_channels", decoder_channels},
          {"feature_size", feature_size},
          {"end_of_text_id", end_of_text_id},
          {"text",
           {{"vocab_size", text.vocab_size},
            {"hidden_size", text.hidden_size},
            {"intermediate_size", text.intermediate_size},
            {"num_hidden_layers", text.num_hidden_layers},
            {"num_attention_heads", text.num_attention_heads},
            {"max_position_embeddings", text.max_position_embeddings},
            {"layer_norm_eps", text.layer_norm_eps},
            {"hidden_act", quick ? "quick_gelu" : "gelu"}}}};
}

}  // namespace situ
