// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/ranking_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace situ {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr double kRecall = 0.95;

void check_curve(const RankingCurve& curve) {
  const size_t steps = curve.scores.size();
  if (curve.positives.size() != steps || curve.negatives_above.size() != steps ||
      curve.negatives_equal.size() != steps) {
    throw std::invalid_argument("ranking_metrics: the curve's vectors differ in length");
  }
}

// 0.95 = 19/20, so the comparison is exact in whole numbers.
bool reaches(std::int64_t true_positives, std::int64_t positives) {
  return true_positives * 20 >= positives * 19;
}
bool exceeds(std::int64_t true_positives, std::int64_t positives) {
  return true_positives * 20 > positives * 19;
}

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

struct Precision {
  double average = 0;
  double trapezoid = 0;
  double f1_star = 0;
  double threshold = kUndefined;
};

Precision precision_metrics(const RankingCurve& curve) {
  Precision result;
  const auto total = static_cast<double>(curve.positive_count);
  long double average = 0;
  long double trapezoid = 0;
  std::int64_t true_positives = 0;
  std::int64_t false_positives = 0;
  for (size_t k = 0; k < curve.scores.size(); ++k) {
    const std::int64_t before = true_positives;
    false_positives += curve.negatives_above[k];
    // The point that this step's line starts from: precision 1 where nothing is predicted.
    const double start =
        before + false_positives == 0 ? 1.0 : ratio(before, before + false_positives);
    true_positives += curve.positives[k];
    false_positives += curve.negatives_equal[k];
    const double precision = ratio(true_positives, true_positives + false_positives);
    const auto step = static_cast<double>(curve.positives[k]);
    average += static_cast<long double>(step) * precision;
    trapezoid += static_cast<long double>(step) * (start + precision) / 2;
    const double f1 =
        ratio(2 * true_positives, true_positives + false_positives + curve.positive_count);
    if (f1 > result.f1_star) {
      result.f1_star = f1;
      result.threshold = curve.scores[k];
    }
  }
  result.average = static_cast<double>(average / total);
  result.trapezoid = static_cast<double>(trapezoid / total);
  return result;
}

double area_under_roc(const RankingCurve& curve) {
  long double doubled_wins = 0;  // over negatives; whole numbers, exact below 2^64
  std::int64_t false_positives = 0;
  for (size_t k = 0; k < curve.scores.size(); ++k) {
    false_positives += curve.negatives_above[k];
    const std::int64_t above = false_positives;
    false_positives += curve.negatives_equal[k];
    const std::int64_t doubled = 2 * curve.negative_count - above - false_positives;
    doubled_wins += static_cast<long double>(curve.positives[k]) * doubled;
  }
  return static_cast<double>(doubled_wins / 2 / curve.positive_count / curve.negative_count);
}

struct FalsePositiveRates {
  double reached = kUndefined;
  double above = kUndefined;
  double interpolated = kUndefined;
  double nearest = kUndefined;
};

FalsePositiveRates false_positive_rates(const RankingCurve& curve) {
  FalsePositiveRates rates;
  const std::int64_t positives = curve.positive_count;
  const std::int64_t negatives = curve.negative_count;
  std::int64_t true_positives = 0;
  std::int64_t false_positives = 0;
  double nearest_distance = std::numeric_limits<double>::infinity();
  for (size_t k = 0; k < curve.scores.size(); ++k) {
    const double recall_before = ratio(true_positives, positives);
    const bool reached_before = true_positives > 0 && reaches(true_positives, positives);
    const bool exceeded_before = exceeds(true_positives, positives);
    false_positives += curve.negatives_above[k];
    const std::int64_t strictly_above = false_positives;
    true_positives += curve.positives[k];
    false_positives += curve.negatives_equal[k];
    const double recall = ratio(true_positives, positives);
    if (!reached_before && reaches(true_positives, positives)) {
      rates.reached = ratio(false_positives, negatives);
      const double share = (kRecall - recall_before) / (recall - recall_before);
      rates.interpolated = (static_cast<double>(strictly_above) +
                            share * static_cast<double>(false_positives - strictly_above)) /
                           static_cast<double>(negatives);
    }
    if (!exceeded_before && exceeds(true_positives, positives)) {
      rates.above = ratio(false_positives, negatives);
    }
    // Of equal recalls the lowest threshold counts: just above the next positive score. At recall 1
    // the code that defines this takes the highest.
    const bool last = k + 1 == curve.scores.size();
    const double distance = std::abs(recall - kRecall);
    if (distance <= nearest_distance) {  // of two recalls equally near, the larger
      nearest_distance = distance;
      rates.nearest = ratio(false_positives + (last ? 0 : curve.negatives_above[k + 1]), negatives);
    }
  }
  return rates;
}

}  // namespace

RankingMetrics ranking_metrics(const RankingCurve& curve) {
  check_curve(curve);
  RankingMetrics metrics{0,          kUndefined, kUndefined, kUndefined, kUndefined,
                         kUndefined, kUndefined, 0,          kUndefined};
  if (curve.positive_count == 0) return metrics;
  const Precision precision = precision_metrics(curve);
  metrics.average_precision = precision.average;
  metrics.average_precision_trapezoid = precision.trapezoid;
  metrics.f1_star = precision.f1_star;
  metrics.f1_star_threshold = precision.threshold;
  if (curve.negative_count == 0) return metrics;
  metrics.auroc = area_under_roc(curve);
  const FalsePositiveRates rates = false_positive_rates(curve);
  metrics.fpr_at_95_tpr = rates.reached;
  metrics.fpr_at_95_tpr_above = rates.above;
  metrics.fpr_at_95_tpr_interpolated = rates.interpolated;
  metrics.fpr_at_95_tpr_nearest = rates.nearest;
  return metrics;
}

}  // namespace situ
