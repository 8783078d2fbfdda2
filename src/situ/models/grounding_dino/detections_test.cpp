// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/detections.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace situ {
namespace {

using testing::ElementsAre;
constexpr auto kOriginal = DinoProcessing::kOriginal;
constexpr auto kTransformers = DinoProcessing::kTransformers;

float logit(double score) { return static_cast<float>(std::log(score / (1 - score))); }

// Three queries over five tokens ([CLS], two words, ".", [SEP]) and one place behind them.
at::Tensor three_queries() {
  const float none = -std::numeric_limits<float>::infinity();
  const float low = logit(0.1), text = logit(0.27), high = logit(0.6);
  return at::tensor({text, low, high, text, text, none,  // a phrase with [CLS], "." and [SEP]
                     low, low, low, low, low, none,      // nothing
                     high, low, low, low, low, none})    // [CLS] alone
      .view({3, 6});
}

at::Tensor boxes() { return at::tensor({0.5F, 0.5F, 0.5F, 0.25F}).repeat({3, 1}); }

TEST(SelectDetections, KeepsQueriesAboveTheThresholdInTheirOrder) {
  const auto found = select_detections(three_queries(), boxes(), 5, {200, 100}, {}, kOriginal);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FLOAT_EQ(found[0].score, 0.6F);
  EXPECT_THAT(found[0].box_xyxy, ElementsAre(25, 75, 75, 125));
  EXPECT_THAT(found[0].places, ElementsAre(0, 2, 3, 4));
  EXPECT_THAT(found[1].places, ElementsAre(0));
}

TEST(SelectDetections, OfTransformersLeaveTheFirstPlaceOut) {
  const auto found = select_detections(three_queries(), boxes(), 5, {200, 100}, {}, kTransformers);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[0].places, ElementsAre(2, 3, 4));
  EXPECT_THAT(found[0].box_xyxy, ElementsAre(25, 75, 75, 125));
  EXPECT_THAT(found[1].places, ElementsAre()) << "[CLS] still counts for the score";
}

TEST(SelectDetections, OfTransformersLeaveTheLastPlaceOfAFullPromptOut) {
  const at::Tensor logits = three_queries().narrow(1, 0, 5);
  const auto found = select_detections(logits, boxes(), 5, {200, 100}, {}, kTransformers);
  EXPECT_THAT(found.at(0).places, ElementsAre(2, 3));
  const auto original = select_detections(logits, boxes(), 5, {200, 100}, {}, kOriginal);
  EXPECT_THAT(original.at(0).places, ElementsAre(0, 2, 3, 4));
}

TEST(SelectDetections, AScoreAtTheThresholdIsNotAboveIt) {
  const at::Tensor logits = at::zeros({1, 3});  // scores of exactly 1/2
  const at::Tensor box = boxes().narrow(0, 0, 1);
  EXPECT_TRUE(select_detections(logits, box, 3, {9, 9}, {.box = 0.5}, kOriginal).empty());
  EXPECT_EQ(select_detections(logits, box, 3, {9, 9}, {.box = 0.49}, kOriginal).size(), 1U);
  const DetectionThresholds text{.box = 0.3, .text = 0.5};
  EXPECT_TRUE(select_detections(logits, box, 3, {9, 9}, text, kOriginal).at(0).places.empty());
}

TEST(SelectDetections, NothingFoundIsAnEmptyList) {
  const at::Tensor none = at::full({3, 6}, -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(
      select_detections(none, boxes(), 5, {9, 9}, {.box = 0, .text = 0}, kOriginal).empty());
}

TEST(SelectDetections, RefusesThresholdsAndShapesThatAreNone) {
  for (const double wrong : {-0.1, 1.1, std::nan("")}) {
    EXPECT_THROW(select_detections(three_queries(), boxes(), 5, {9, 9}, {.box = wrong}, kOriginal),
                 std::invalid_argument);
    EXPECT_THROW(select_detections(three_queries(), boxes(), 5, {9, 9}, {.text = wrong}, kOriginal),
                 std::invalid_argument);
  }
  EXPECT_THROW(select_detections(three_queries(), boxes(), 7, {9, 9}, {}, kOriginal),
               std::invalid_argument);
  EXPECT_THROW(select_detections(three_queries(), at::zeros({2, 4}), 5, {9, 9}, {}, kOriginal),
               std::invalid_argument);
  EXPECT_THROW(select_detections(at::zeros({3}), boxes(), 1, {9, 9}, {}, kOriginal),
               std::invalid_argument);
}

TEST(PhraseTokens, AreTheIdsAtThePlaces) {
  const std::vector<std::int64_t> ids = {101, 7, 8, 1012, 102};
  TokenDetection detection;
  detection.places = {1, 3};
  EXPECT_THAT(phrase_tokens(detection, ids), ElementsAre(7, 1012));
  detection.places = {5};
  EXPECT_THROW(phrase_tokens(detection, ids), std::invalid_argument);
}

}  // namespace
}  // namespace situ
