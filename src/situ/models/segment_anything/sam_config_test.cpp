// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"

namespace situ {
namespace {

std::string refusal(const nlohmann::json& json) {
  try {
    SamConfig::from_json(json, "config.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(SamConfig, IsViTBWhereNothingIsSaid) {
  const SamConfig config = SamConfig::from_json({{"model_type", "sam"}}, "config.json");
  EXPECT_EQ(config.vision.hidden_size, 768);
  EXPECT_EQ(config.vision.mlp_dim, 3072);
  EXPECT_EQ(config.vision.grid(), 64);
  EXPECT_EQ(config.prompt.num_multimask_outputs, 3);
}

TEST(SamConfig, RefusesPartsThatDoNotFitAndVariantsThatItLacks) {
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal({{"model_type", "sam2"}}), HasSubstr("model_type"));
  EXPECT_THAT(refusal({{"vision_config", {{"image_size", 512}}}}), HasSubstr("image_size"));
  EXPECT_THAT(refusal({{"vision_config", {{"image_size", 1000}}}}), HasSubstr("image_size"));
  EXPECT_THAT(refusal({{"vision_config", {{"num_attention_heads", 7}}}}),
              HasSubstr("num_attention_heads"));
  EXPECT_THAT(refusal({{"vision_config", {{"use_rel_pos", false}}}}), HasSubstr("use_rel_pos"));
  EXPECT_THAT(refusal({{"vision_config", {{"output_channels", 128}}}}),
              HasSubstr("output_channels"));
  EXPECT_THAT(refusal({{"mask_decoder_config", {{"hidden_size", 128}}}}), HasSubstr("hidden_size"));
  EXPECT_THAT(refusal({{"vision_config", 5}}), HasSubstr("expected a JSON object"));
}

}  // namespace
}  // namespace situ
