// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/grounding_dino_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"

namespace situ {
namespace {

using testing::HasSubstr;

std::string complaint(const nlohmann::json& json) {
  try {
    GroundingDinoConfig::from_json(json, "config.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(GroundingDinoConfig, HasTheDefaultsOfTransformers) {
  const auto config = GroundingDinoConfig::from_json(nlohmann::json::object(), "config.json");
  EXPECT_EQ(config.num_queries, 900);
  EXPECT_EQ(config.d_model, 256);
  EXPECT_EQ(config.encoder_ffn_dim, 2048);
  EXPECT_EQ(config.max_text_len, 256);
  EXPECT_EQ(config.text.hidden_size, 768);
  EXPECT_EQ(config.backbone.out_channels().size(), 3U);
  EXPECT_TRUE(config.decoder_bbox_embed_share);
}

TEST(GroundingDinoConfig, ReadsSizes) {
  const auto config = GroundingDinoConfig::from_json({{"model_type", "grounding-dino"},
                                                      {"num_queries", 30},
                                                      {"d_model", 64},
                                                      {"decoder_bbox_embed_share", false},
                                                      {"layer_norm_eps", 1e-6}},
                                                     "config.json");
  EXPECT_EQ(config.num_queries, 30);
  EXPECT_EQ(config.d_model, 64);
  EXPECT_FALSE(config.decoder_bbox_embed_share);
  EXPECT_DOUBLE_EQ(config.layer_norm_eps, 1e-6);
}

TEST(GroundingDinoConfig, RefusesVariantsThatSituLacks) {
  EXPECT_THAT(complaint({{"model_type", "detr"}}), HasSubstr("model_type"));
  EXPECT_THAT(complaint({{"two_stage", false}}), HasSubstr("two_stage: expected true"));
  EXPECT_THAT(complaint({{"activation_function", "gelu"}}), HasSubstr("activation_function"));
  EXPECT_THAT(complaint({{"position_embedding_type", "learned"}}), HasSubstr("position_embedding"));
  EXPECT_THAT(complaint({{"text_config", {{"model_type", "roberta"}}}}),
              HasSubstr("model_type bert"));
  EXPECT_THAT(complaint({{"backbone_config", {{"model_type", "resnet"}}}}),
              HasSubstr("model_type swin"));
  EXPECT_THAT(complaint({{"backbone_config", 3}}), HasSubstr("a JSON object"));
}

TEST(GroundingDinoConfig, RefusesSizesThatDoNotDivide) {
  EXPECT_THAT(complaint({{"d_model", 100}}), HasSubstr("a multiple of 32"));
  EXPECT_THAT(complaint({{"encoder_attention_heads", 3}}), HasSubstr("encoder_attention_heads"));
  EXPECT_THAT(complaint({{"decoder_attention_heads", 7}}), HasSubstr("decoder_attention_heads"));
  EXPECT_THAT(complaint({{"encoder_ffn_dim", 2047}}), HasSubstr("encoder_ffn_dim"));
  EXPECT_THAT(complaint({{"num_feature_levels", 2}}), HasSubstr("num_feature_levels"));
  EXPECT_THAT(complaint({{"num_queries", 0}}), HasSubstr("num_queries"));
}

}  // namespace
}  // namespace situ
