// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/anomaly_scorer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace situ {
namespace {

at::Tensor logits(std::vector<float> values, int64_t classes) {
  return at::tensor(values).view({classes, 1, -1});
}

double one(const at::Tensor& z, LogitScore score) {
  return anomaly_scores(z, score).item<double>();
}

TEST(AnomalyScores, AreThoseOfAHandComputedPixel) {
  // p = 1/4, 3/4. Tolerances: float32.
  const at::Tensor z = logits({0.0F, std::log(3.0F)}, 2);
  EXPECT_NEAR(one(z, LogitScore::kMaxLogit), -std::log(3.0), 1e-6);
  EXPECT_NEAR(one(z, LogitScore::kMsp), 0.25, 1e-6);
  EXPECT_NEAR(one(z, LogitScore::kEnergy), -std::log(4.0), 1e-6);
  const double entropy = 0.25 * std::log(4.0) + 0.75 * std::log(4.0 / 3);
  EXPECT_NEAR(one(z, LogitScore::kEntropy), entropy / std::log(2.0), 1e-6);
}

TEST(AnomalyScores, StayFiniteWhereOneClassIsCertain) {
  const at::Tensor z = logits({500.0F, -500.0F, 0.0F}, 3);
  EXPECT_EQ(one(z, LogitScore::kEntropy), 0);
  EXPECT_EQ(one(z, LogitScore::kMsp), 0);
  EXPECT_EQ(one(z, LogitScore::kEnergy), -500);
  EXPECT_NEAR(one(logits({7, 7, 7}, 3), LogitScore::kEntropy), 1, 1e-6);
}

TEST(AnomalyScores, AreStandardizedByTheirClass) {
  MaxLogitStatistics statistics(3);
  // Largest logits: class 0: 1 and 3; class 1: 10.
  statistics.add(logits({1, 3, 0, 0, 0, 10, 0, 0, 0}, 3));
  EXPECT_DOUBLE_EQ(statistics.mean()[0].item<double>(), 2);
  EXPECT_DOUBLE_EQ(statistics.deviation()[0].item<double>(), 1);
  EXPECT_NEAR(statistics.mean()[2].item<double>(), 14.0 / 3, 1e-12) << "never the largest: of all";
  const at::Tensor z = logits({4, 0, 0, 9, 0, 0}, 3);
  const at::Tensor scores =
      anomaly_scores(z, LogitScore::kStandardizedMaxLogit, &statistics).flatten();
  EXPECT_NEAR(scores[0].item<double>(), -2, 1e-6);
  EXPECT_GT(scores[1].item<double>(), 1e3) << "below the only value that class 1 ever had";
}

TEST(AnomalyScores, RefuseWhatTheyCannotScore) {
  EXPECT_THROW(anomaly_scores(at::zeros({1, 2, 2}), LogitScore::kMsp), std::invalid_argument);
  EXPECT_THROW(anomaly_scores(at::zeros({2, 2}), LogitScore::kMsp), std::invalid_argument);
  EXPECT_THROW(anomaly_scores(at::zeros({2, 2, 2}), LogitScore::kStandardizedMaxLogit),
               std::invalid_argument);
  EXPECT_THROW(MaxLogitStatistics(2).mean(), std::invalid_argument);
}

}  // namespace
}  // namespace situ
