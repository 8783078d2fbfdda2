// SPDX-License-Identifier: Apache-2.0
#include "situ/models/swin/swin_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"

namespace situ {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SwinConfig read(const nlohmann::json& json) { return SwinConfig::from_json(json, "config.json"); }

std::string complaint(const nlohmann::json& json) {
  try {
    read(json);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(SwinConfig, ReadsSwinBase) {
  const SwinConfig config = read({{"model_type", "swin"},
                                  {"embed_dim", 128},
                                  {"depths", {2, 2, 18, 2}},
                                  {"num_heads", {4, 8, 16, 32}},
                                  {"window_size", 12},
                                  {"out_indices", {2, 3, 4}}});
  EXPECT_EQ(config.window_size, 12);
  EXPECT_THAT(config.out_channels(), ElementsAre(256, 512, 1024));
}

TEST(SwinConfig, ReadsStagesByNumberOrByName) {
  EXPECT_THAT(read({{"out_features", {"stage1", "stage3"}}}).out_indices, ElementsAre(1, 3));
  EXPECT_THAT(read({{"out_indices", {2, 4}}, {"out_features", nullptr}}).out_indices,
              ElementsAre(2, 4));
  EXPECT_THAT(complaint({{"out_features", {"stem", "stage2"}}}), HasSubstr("out_indices"));
  EXPECT_THAT(complaint({{"out_features", {"stage5"}}}), HasSubstr("the stages 1 to 4"));
  EXPECT_THAT(complaint({{"out_indices", {3, 2}}}), HasSubstr("in order"));
}

TEST(SwinConfig, RefusesWhatSituLacksAndWhatCannotBe) {
  EXPECT_THAT(complaint({{"model_type", "swinv2"}}), HasSubstr("model_type"));
  EXPECT_THAT(complaint({{"use_absolute_embeddings", true}}), HasSubstr("use_absolute_embeddings"));
  EXPECT_THAT(complaint({{"hidden_act", "relu"}}), HasSubstr("hidden_act"));
  EXPECT_THAT(complaint({{"num_heads", {5, 6, 12, 24}}}), HasSubstr("num_heads"));
  EXPECT_THAT(complaint({{"num_heads", {3, 6}}}), HasSubstr("num_heads"));
  EXPECT_THAT(complaint({{"depths", {2, 2, 100000, 2}}}), HasSubstr("depths"));
  EXPECT_THAT(complaint({{"depths", {2, -2, 6, 2}}}), HasSubstr("depths"));
  EXPECT_THAT(complaint({{"window_size", 0}}), HasSubstr("window_size"));
  EXPECT_THAT(complaint({{"mlp_ratio", -1}}), HasSubstr("mlp_ratio"));
}

}  // namespace
}  // namespace situ
