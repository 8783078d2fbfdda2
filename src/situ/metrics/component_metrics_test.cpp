// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/component_metrics.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "situ/metrics/golden_frames.h"

namespace situ {
namespace {

ComponentMetrics of_golden(float threshold, const ComponentLimits& limits) {
  ComponentOverlaps all;
  for (const auto& frame : testing::golden_frames()) {
    all.append(component_overlaps(frame.scores.gt(threshold), frame.targets, limits));
  }
  return component_metrics(all);
}

struct Counts {
  int64_t tp, fn, fp;
};

void expect_counts(const ComponentMetrics& metrics, const std::vector<Counts>& expected) {
  for (size_t t = 0; t < expected.size(); ++t) {
    EXPECT_EQ(metrics.counts[t].true_positives, expected[t].tp) << t;
    EXPECT_EQ(metrics.counts[t].false_negatives, expected[t].fn) << t;
    EXPECT_EQ(metrics.counts[t].false_positives, expected[t].fp) << t;
  }
}

// Both from road-anomaly-benchmark's own functions, to nine decimals.
TEST(ComponentMetrics, EqualSegmentMeIfYouCanOnTheGoldenFrames) {
  const ComponentMetrics m = of_golden(0.68359375F, {.min_prediction_px = 50, .min_object_px = 10});
  EXPECT_EQ(m.objects, 9);
  EXPECT_EQ(m.predictions, 8);
  EXPECT_NEAR(m.mean_object_siou, .576022396, 6e-10);
  EXPECT_NEAR(m.mean_prediction_siou, .648025196, 6e-10);
  EXPECT_EQ(m.mean_ppv, 1);
  EXPECT_NEAR(m.mean_f1, .742112299, 6e-10);
  expect_counts(m, {{8, 1, 0},
                    {8, 1, 0},
                    {8, 1, 0},
                    {8, 1, 0},
                    {8, 1, 0},
                    {8, 1, 0},
                    {8, 1, 0},
                    {7, 2, 0},
                    {3, 6, 0},
                    {1, 8, 0},
                    {0, 9, 0}});
}

TEST(ComponentMetrics, EqualSegmentMeIfYouCanWhereComponentsLieBesideObjects) {
  const ComponentMetrics m = of_golden(0.64F, {.min_prediction_px = 20, .min_object_px = 5});
  EXPECT_EQ(m.objects, 9);
  EXPECT_EQ(m.predictions, 9);
  EXPECT_NEAR(m.mean_object_siou, .690909531, 6e-10);
  EXPECT_NEAR(m.mean_prediction_siou, .690909531, 6e-10);
  EXPECT_NEAR(m.mean_ppv, .955828871, 6e-10);
  EXPECT_NEAR(m.mean_f1, .858288770, 6e-10);
  expect_counts(m, {{9, 0, 0},
                    {9, 0, 0},
                    {9, 0, 0},
                    {9, 0, 0},
                    {9, 0, 0},
                    {9, 0, 0},
                    {9, 0, 0},
                    {9, 0, 0},
                    {8, 1, 0},
                    {3, 6, 0},
                    {0, 9, 0}});
}

at::Tensor row(const std::vector<int>& values) {
  return at::tensor(values, at::kInt).to(at::kByte).unsqueeze(0);
}

TEST(ComponentMetrics, AreThoseOfAHandComputedRow) {
  // Two objects under one predicted component: neither is blamed for the other's pixels.
  const ComponentOverlaps o =
      component_overlaps(row({0, 1, 1, 1, 1, 0}).to(at::kBool), row({1, 1, 0, 1, 0, 255}), {});
  EXPECT_EQ(o.object_siou, (std::vector<double>{1.0 / 4, 1.0 / 3}));
  EXPECT_EQ(o.prediction_siou, (std::vector<double>{2.0 / 5}));
  EXPECT_EQ(o.prediction_ppv, (std::vector<double>{0.5}));
}

TEST(ComponentMetrics, IgnoreSmallObjectsAndWhatIsPredictedThere) {
  const ComponentOverlaps o =
      component_overlaps(row({1, 0, 1, 1, 0, 1}).to(at::kBool), row({1, 0, 1, 1, 0, 0}),
                         {.min_prediction_px = 1, .min_object_px = 2});
  EXPECT_EQ(o.object_siou, std::vector<double>{1.0});
  EXPECT_EQ(o.prediction_ppv, (std::vector<double>{1.0, 0.0})) << "the one on the speck is gone";
}

TEST(ComponentMetrics, AreUndefinedWithoutComponents) {
  const ComponentMetrics m = component_metrics(
      component_overlaps(at::zeros({2, 2}, at::kBool), at::zeros({2, 2}, at::kByte), {}));
  EXPECT_EQ(m.objects, 0);
  EXPECT_TRUE(std::isnan(m.mean_object_siou));
  EXPECT_TRUE(std::isnan(m.mean_ppv));
  EXPECT_TRUE(std::isnan(m.mean_f1));
  EXPECT_THROW(component_overlaps(at::zeros({2, 2}), at::zeros({2, 2}, at::kByte), {}),
               std::invalid_argument);
}

}  // namespace
}  // namespace situ
