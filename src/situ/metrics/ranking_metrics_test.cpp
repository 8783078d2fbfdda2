// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/ranking_metrics.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "situ/core/random.h"
#include "situ/metrics/golden_frames.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

struct Pixel {
  double score;
  bool positive;
};

struct Point {
  double score;
  double tp, fp;
};

/// The figures from all pixels sorted, point by point, as their definitions read.
RankingMetrics by_definition(std::vector<Pixel> pixels) {
  std::sort(pixels.begin(), pixels.end(),
            [](const Pixel& a, const Pixel& b) { return a.score > b.score; });
  std::vector<Point> points{{std::numeric_limits<double>::infinity(), 0, 0}};
  double tp = 0;
  double fp = 0;
  for (size_t i = 0; i < pixels.size(); ++i) {
    (pixels[i].positive ? tp : fp) += 1;
    const bool last_of_ties = i + 1 == pixels.size() || pixels[i + 1].score != pixels[i].score;
    if (last_of_ties) points.push_back({pixels[i].score, tp, fp});
  }
  const double p = tp;
  const double n = fp;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  RankingMetrics m{0, nan, nan, nan, nan, nan, nan, 0, nan};
  if (p == 0) return m;
  m.average_precision_trapezoid = 0;
  double precision_before = 1;
  for (size_t i = 1; i < points.size(); ++i) {
    const double precision = points[i].tp / (points[i].tp + points[i].fp);
    const double step = (points[i].tp - points[i - 1].tp) / p;
    m.average_precision += step * precision;
    m.average_precision_trapezoid += step * (precision + precision_before) / 2;
    precision_before = precision;
    const double f1 = 2 * points[i].tp / (points[i].tp + points[i].fp + p);
    if (f1 > m.f1_star) {
      m.f1_star = f1;
      m.f1_star_threshold = points[i].score;
    }
  }
  if (n == 0) return m;
  m.auroc = 0;
  double nearest = 2;
  bool full = false;
  for (size_t i = 1; i < points.size(); ++i) {
    const Point& a = points[i - 1];
    const Point& b = points[i];
    m.auroc += (b.fp - a.fp) / n * (a.tp + b.tp) / p / 2;
    if (std::isnan(m.fpr_at_95_tpr) && b.tp / p >= 0.95) {
      m.fpr_at_95_tpr = b.fp / n;
      m.fpr_at_95_tpr_interpolated =
          (a.fp + (0.95 - a.tp / p) / (b.tp / p - a.tp / p) * (b.fp - a.fp)) / n;
    }
    if (std::isnan(m.fpr_at_95_tpr_above) && b.tp / p > 0.95) m.fpr_at_95_tpr_above = b.fp / n;
    const double distance = std::abs(b.tp / p - 0.95);
    if (distance <= nearest && !full) {
      nearest = distance;
      m.fpr_at_95_tpr_nearest = b.fp / n;
    }
    full = b.tp == p;  // the highest threshold of recall 1, the lowest of every other recall
  }
  return m;
}

void expect_equal(const RankingMetrics& a, const RankingMetrics& b) {
  const auto same = [](double x, double y, const char* what) {
    if (std::isnan(y)) {
      EXPECT_TRUE(std::isnan(x)) << what;
    } else {
      EXPECT_NEAR(x, y, 1e-12) << what;  // sums of the same fractions in another order
    }
  };
  same(a.average_precision, b.average_precision, "average_precision");
  same(a.average_precision_trapezoid, b.average_precision_trapezoid, "trapezoid");
  same(a.auroc, b.auroc, "auroc");
  same(a.fpr_at_95_tpr, b.fpr_at_95_tpr, "fpr >=");
  same(a.fpr_at_95_tpr_above, b.fpr_at_95_tpr_above, "fpr >");
  same(a.fpr_at_95_tpr_interpolated, b.fpr_at_95_tpr_interpolated, "fpr interpolated");
  same(a.fpr_at_95_tpr_nearest, b.fpr_at_95_tpr_nearest, "fpr nearest");
  same(a.f1_star, b.f1_star, "f1*");
  same(a.f1_star_threshold, b.f1_star_threshold, "f1* threshold");
}

RankingMetrics of_pixels(const std::vector<Pixel>& pixels) {
  at::Tensor scores = at::empty({static_cast<int64_t>(pixels.size())}, at::kDouble);
  at::Tensor targets = at::empty({static_cast<int64_t>(pixels.size())}, at::kByte);
  for (size_t i = 0; i < pixels.size(); ++i) {
    scores.mutable_data_ptr<double>()[i] = pixels[i].score;
    targets.mutable_data_ptr<uint8_t>()[i] = pixels[i].positive ? 1 : 0;
  }
  return ranking_metrics(ranking_curve(scores, targets));
}

TEST(RankingMetrics, AreThoseOfAHandComputedCase) {
  // Thresholds 0.9 (TP 1, FP 0), 0.5 (TP 2, FP 2), 0.1 (TP 2, FP 3).
  const RankingMetrics m =
      of_pixels({{0.9, true}, {0.5, true}, {0.5, false}, {0.5, false}, {0.1, false}});
  EXPECT_DOUBLE_EQ(m.average_precision, 0.5 * 1 + 0.5 * 0.5);
  EXPECT_DOUBLE_EQ(m.average_precision_trapezoid, 0.5 * 1 + 0.5 * 0.75);
  EXPECT_DOUBLE_EQ(m.auroc, (3 + 2) / 6.0);
  EXPECT_DOUBLE_EQ(m.fpr_at_95_tpr, 2 / 3.0);
  EXPECT_DOUBLE_EQ(m.fpr_at_95_tpr_interpolated, 0.9 * 2 / 3.0);
  EXPECT_DOUBLE_EQ(m.f1_star, 2 / 3.0);
  EXPECT_DOUBLE_EQ(m.f1_star_threshold, 0.9) << "0.5 attains it as well; the highest counts";
}

TEST(RankingMetrics, EqualTheDefinitionsOnRandomRankingsFullOfTies) {
  Random random(7);
  for (int round = 0; round < 600; ++round) {
    const int64_t pixels = random.integer(1, 60);
    const int64_t levels = random.integer(1, 12);
    const double share = random.real();
    std::vector<Pixel> all;
    for (int64_t i = 0; i < pixels; ++i) {
      all.push_back({static_cast<double>(random.integer(0, levels)) / 4 - 1, random.chance(share)});
    }
    SCOPED_TRACE(round);
    expect_equal(of_pixels(all), by_definition(all));
  }
}

TEST(RankingMetrics, EqualTheDefinitionsOnManyDistinctScoresOfAllMagnitudes) {
  Random random(8);
  for (int round = 0; round < 20; ++round) {
    std::vector<Pixel> all;
    for (int i = 0; i < 5000; ++i) {
      const double score = (random.real() - 0.5) * std::pow(10.0, random.real(-300, 300));
      all.push_back({score, random.chance(0.3)});
    }
    all[0] = {1.7e308, true};
    all[1] = {-1.7e308, true};  // a range beyond the largest double
    expect_equal(of_pixels(all), by_definition(all));
  }
}

TEST(RankingMetrics, AreWhatScikitLearnSaysWithoutOneOfTheKinds) {
  const RankingMetrics none = of_pixels({{0.5, false}, {0.25, false}});
  EXPECT_EQ(none.average_precision, 0);
  EXPECT_EQ(none.f1_star, 0);
  EXPECT_TRUE(std::isnan(none.auroc));
  EXPECT_TRUE(std::isnan(none.f1_star_threshold));
  const RankingMetrics all = of_pixels({{0.5, true}, {0.25, true}});
  EXPECT_EQ(all.average_precision, 1);
  EXPECT_EQ(all.f1_star, 1);
  EXPECT_EQ(all.f1_star_threshold, 0.25);
  EXPECT_TRUE(std::isnan(all.auroc));
  EXPECT_TRUE(std::isnan(all.fpr_at_95_tpr));
  EXPECT_EQ(of_pixels({{3, true}}).average_precision, 1);
}

TEST(RankingMetrics, TreatTheTwoZerosAsEqual) {
  expect_equal(of_pixels({{0.0, true}, {-0.0, false}}), of_pixels({{0.0, true}, {0.0, false}}));
}

RankingCurve pooled(const std::vector<testing::GoldenFrame>& frames) {
  std::vector<CountedScores> parts;
  for (const auto& frame : frames) parts.push_back(positive_scores(frame.scores, frame.targets));
  const ScoreGrid grid(merged(std::move(parts)));
  std::vector<std::int64_t> cells(grid.cell_count());
  for (const auto& frame : frames) grid.count_negatives(frame.scores, frame.targets, cells);
  return grid.curve(cells);
}

TEST(RankingMetrics, EqualThePublishedToolsOnTheGoldenFrames) {
  const RankingCurve curve = pooled(testing::golden_frames());
  EXPECT_EQ(curve.positive_count, 435 + 653 + 359 + 133);
  EXPECT_EQ(curve.negative_count, 3885 + 3667 + 3961 + 4187);
  const RankingMetrics m = ranking_metrics(curve);
  // The reference states 12 decimals.
  constexpr double kTolerance = 6e-13;
  EXPECT_NEAR(m.average_precision, 0.785952119490, kTolerance);
  EXPECT_NEAR(m.average_precision_trapezoid, 0.786516256120, kTolerance);
  EXPECT_NEAR(m.auroc, 0.937987785213, kTolerance);
  EXPECT_NEAR(m.fpr_at_95_tpr, 0.305159235669, kTolerance);
  EXPECT_NEAR(m.fpr_at_95_tpr_above, 0.306878980892, kTolerance);
  EXPECT_NEAR(m.fpr_at_95_tpr_interpolated, 0.305159235669, kTolerance);
  EXPECT_NEAR(m.fpr_at_95_tpr_nearest, 0.305159235669, kTolerance);
  EXPECT_NEAR(m.f1_star, 0.787413660783, kTolerance);
  EXPECT_EQ(m.f1_star_threshold, 0.68359375);
}

TEST(RankingMetrics, OfSingleImagesEqualThePublishedTools) {
  const double expected[] = {.816911016, .824892492, .768086170, .668987262};
  const auto frames = testing::golden_frames();
  double fpr = 0;
  for (size_t f = 0; f < frames.size(); ++f) {
    const auto m = ranking_metrics(ranking_curve(frames[f].scores, frames[f].targets));
    EXPECT_NEAR(m.average_precision, expected[f], 6e-10);
    fpr += m.fpr_at_95_tpr / 4;
  }
  EXPECT_NEAR(fpr, .305013798, 6e-10);
}

TEST(ScoreGrid, CountsTheSameWithAnyNumberOfThreads) {
  Random random(3);
  const at::Tensor scores = at::empty({1 << 20});
  for (int64_t i = 0; i < scores.numel(); ++i) {
    scores.mutable_data_ptr<float>()[i] = static_cast<float>(random.real(-20, 20));
  }
  const at::Tensor targets = scores.gt(19.5).to(at::kByte);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const RankingCurve one = ranking_curve(scores, targets);
  at::set_num_threads(2);
  const RankingCurve two = ranking_curve(scores, targets);
  at::set_num_threads(before);
  EXPECT_EQ(one.negatives_above, two.negatives_above);
  EXPECT_EQ(one.negatives_equal, two.negatives_equal);
  EXPECT_EQ(one.negative_count, targets.eq(0).sum().item<int64_t>());
}

TEST(ScoreGrid, RefusesScoresThatAreNotFiniteUnlessTheyAreIgnored) {
  const at::Tensor scores = at::tensor({0.5F, std::numeric_limits<float>::infinity()});
  EXPECT_THROW(positive_scores(scores, at::tensor({1, 0}, at::kByte)), std::invalid_argument);
  EXPECT_EQ(positive_scores(scores, at::tensor({1, 255}, at::kByte)).counts.size(), 1U);
  EXPECT_THROW(positive_scores(scores, at::tensor({1, 7}, at::kByte)), std::invalid_argument);
  EXPECT_THROW(positive_scores(scores, at::zeros({3}, at::kByte)), std::invalid_argument);
}

}  // namespace
}  // namespace situ
