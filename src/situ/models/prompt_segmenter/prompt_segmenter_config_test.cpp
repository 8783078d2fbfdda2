// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/prompt_segmenter_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"

namespace situ {
namespace {

nlohmann::json valid() { return PromptSegmenterConfig().to_json(); }

std::string complaint(const nlohmann::json& json) {
  try {
    PromptSegmenterConfig::from_json(json, "config.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(PromptSegmenterConfig, ComesBackFromItsJson) {
  PromptSegmenterConfig config;
  config.stage_channels = {8, 10, 12, 14};
  config.blocks_per_stage = 3;
  config.text.vocab_size = 1000;
  config.end_of_text_id = 999;
  config.text.hidden_act = ClipActivation::kGelu;
  const nlohmann::json json = config.to_json();
  const auto again = PromptSegmenterConfig::from_json(json, "config.json");
  EXPECT_EQ(nlohmann::json(again.to_json()), json);
  EXPECT_EQ(again.stage_channels, config.stage_channels);
}

TEST(PromptSegmenterConfig, NamesAnUnknownKeyAndAMissingOne) {
  nlohmann::json json = valid();
  json["decoder_chanels"] = 3;
  EXPECT_THAT(complaint(json), testing::HasSubstr("decoder_channels"));
  json = valid();
  json.erase("text");
  EXPECT_THAT(complaint(json), testing::HasSubstr("text is missing"));
}

TEST(PromptSegmenterConfig, RefusesAnotherFormatOrClass) {
  nlohmann::json json = valid();
  json["format"] = 2;
  EXPECT_THAT(complaint(json), testing::HasSubstr("format: expected 1, got 2"));
  json = valid();
  json["_class_name"] = "UNet2DConditionModel";
  EXPECT_THAT(complaint(json), testing::HasSubstr("_class_name"));
}

TEST(PromptSegmenterConfig, RefusesWrongTypesAndSizesOutOfBounds) {
  const auto with = [](const char* key, nlohmann::json value) {
    nlohmann::json json = valid();
    json[key] = std::move(value);
    return complaint(json);
  };
  EXPECT_THAT(with("stage_channels", {1, 2, 3}), testing::HasSubstr("stage_channels"));
  EXPECT_THAT(with("stage_channels", {48, 96, 144, -1}), testing::HasSubstr("stage_channels"));
  EXPECT_THAT(with("stage_channels", {48, 96, 144, "x"}), testing::HasSubstr("stage_channels"));
  EXPECT_THAT(with("blocks_per_stage", 0), testing::HasSubstr("blocks_per_stage"));
  EXPECT_THAT(with("blocks_per_stage", 1e9), testing::HasSubstr("blocks_per_stage"));
  EXPECT_THAT(with("decoder_channels", 1.5), testing::HasSubstr("decoder_channels"));
  EXPECT_THAT(with("feature_size", nullptr), testing::HasSubstr("feature_size"));
  EXPECT_THAT(with("end_of_text_id", 49408), testing::HasSubstr("end_of_text_id"));
  EXPECT_THAT(with("text", 3), testing::HasSubstr("text"));
  EXPECT_THAT(complaint(3), testing::HasSubstr("expected an object"));
}

TEST(PromptSegmenterConfig, RefusesATextEncoderThatWouldFillTheMemory) {
  nlohmann::json json = valid();
  json["text"]["vocab_size"] = 1 << 20;
  json["text"]["hidden_size"] = 1 << 20;
  EXPECT_THAT(complaint(json), testing::HasSubstr("larger than this model allows"));
  json = valid();
  json["text"]["max_position_embeddings"] = 2;
  EXPECT_THAT(complaint(json), testing::HasSubstr("max_position_embeddings"));
}

}  // namespace
}  // namespace situ
