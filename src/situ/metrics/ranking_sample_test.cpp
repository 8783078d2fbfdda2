// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/ranking_sample.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "situ/metrics/golden_frames.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

constexpr RankingFigure kFigures[] = {&RankingMetrics::average_precision, &RankingMetrics::auroc,
                                      &RankingMetrics::fpr_at_95_tpr};

RankingSamples golden_samples(const at::Tensor& noise = {}) {
  std::vector<CountedScores> parts;
  auto frames = testing::golden_frames();
  if (noise.defined()) {
    for (auto& frame : frames) frame.scores = frame.scores + noise;
  }
  for (const auto& frame : frames) parts.push_back(positive_scores(frame.scores, frame.targets));
  const CountedScores thresholds = merged(std::move(parts));
  RankingSamples images{thresholds.scores, {}};
  const ScoreGrid grid(thresholds);
  for (const auto& frame : frames) {
    images.samples.push_back(grid.sample(frame.scores, frame.targets));
  }
  return images;
}

TEST(RankingSamples, GiveTheExactFiguresOfEverySelectionOfImages) {
  const RankingSamples images = golden_samples();
  const std::int64_t all[] = {1, 1, 1, 1};
  const RankingMetrics pooled = ranking_metrics(ranking_curve(images, all));
  EXPECT_NEAR(pooled.average_precision, 0.785952119490, 6e-13);
  EXPECT_NEAR(pooled.average_precision_trapezoid, 0.786516256120, 6e-13);
  EXPECT_NEAR(pooled.auroc, 0.937987785213, 6e-13);
  EXPECT_NEAR(pooled.fpr_at_95_tpr_above, 0.306878980892, 6e-13);
  const std::int64_t third[] = {0, 0, 2, 0};  // twice the same image ranks as once
  const RankingMetrics one = ranking_metrics(ranking_curve(images, third));
  const auto frame = testing::golden_frames()[2];
  const RankingMetrics direct = ranking_metrics(ranking_curve(frame.scores, frame.targets));
  EXPECT_NEAR(one.average_precision, direct.average_precision, 1e-14);
  EXPECT_NEAR(one.auroc, direct.auroc, 1e-14);
  EXPECT_NEAR(one.average_precision_trapezoid, direct.average_precision_trapezoid, 1e-14);
  EXPECT_EQ(one.fpr_at_95_tpr_nearest, direct.fpr_at_95_tpr_nearest);
}

TEST(Bootstrap, GivesIntervalsAroundTheFiguresTheSameForASeed) {
  const RankingSamples images = golden_samples();
  const auto intervals = bootstrap_intervals(images, kFigures, {.resamples = 200, .seed = 4});
  ASSERT_EQ(intervals.size(), 3U);
  // The average precisions of the single images lie between .669 and .825.
  EXPECT_GT(intervals[0].low, 0.66);
  EXPECT_LT(intervals[0].low, 0.785952);
  EXPECT_GT(intervals[0].high, 0.785952);
  EXPECT_LT(intervals[0].high, 0.83);
  const auto again = bootstrap_intervals(images, kFigures, {.resamples = 200, .seed = 4});
  EXPECT_EQ(intervals[1].low, again[1].low);
  const auto narrow =
      bootstrap_intervals(images, kFigures, {.resamples = 200, .seed = 4, .confidence = 0.5});
  EXPECT_GT(narrow[0].low, intervals[0].low);
  EXPECT_LT(narrow[0].high, intervals[0].high);
}

TEST(Bootstrap, ComparesMethodsOnTheSameDraws) {
  const RankingSamples good = golden_samples();
  const RankingSamples bad =
      golden_samples(at::arange(60 * 80).remainder(7).div(3).view({60, 80}).to(at::kFloat));
  const auto worse = compare_paired(good, bad, kFigures, {.resamples = 300});
  EXPECT_LT(worse[0].difference, -0.1);
  EXPECT_LT(worse[0].interval.high, 0);
  EXPECT_LT(worse[0].p_value, 0.01);
  EXPECT_GT(worse[0].p_value, 0);
  const auto same = compare_paired(good, good, kFigures, {.resamples = 50});
  EXPECT_EQ(same[0].difference, 0);
  EXPECT_EQ(same[0].p_value, 1);
}

TEST(Bootstrap, LeavesOutDrawsWithoutOneOfTheKinds) {
  const RankingSamples images{{0.5}, {{{1}, {3}, {0}}}};
  const auto intervals = bootstrap_intervals(images, kFigures, {.resamples = 5});
  EXPECT_EQ(intervals[0].low, 1);
  EXPECT_TRUE(std::isnan(intervals[1].low));
}

TEST(Bootstrap, RefusesWhatItCannotDraw) {
  EXPECT_THROW(bootstrap_intervals({}, kFigures), std::invalid_argument);
  const RankingSamples images = golden_samples();
  EXPECT_THROW(bootstrap_intervals(images, kFigures, {.resamples = 0}), std::invalid_argument);
  EXPECT_THROW(bootstrap_intervals(images, kFigures, {.confidence = 1}), std::invalid_argument);
  EXPECT_THROW(compare_paired(images, {{0.5}, {{}}}, kFigures), std::invalid_argument);
}

}  // namespace
}  // namespace situ
