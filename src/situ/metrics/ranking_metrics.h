// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace situ {

/// How positives and negatives lie in the order of their scores. What a threshold at or between the
/// scores does is known from the positives' scores alone: negatives between two of them only have
/// to be counted.
struct RankingCurve {
  std::vector<double> scores;                 ///< the distinct scores of positives, highest first
  std::vector<std::int64_t> positives;        ///< with that score
  std::vector<std::int64_t> negatives_above;  ///< below the score before, above this one
  std::vector<std::int64_t> negatives_equal;  ///< with that score
  std::int64_t positive_count = 0;
  std::int64_t negative_count = 0;
};

/// The figures of a binary ranking, each in [0, 1] and NaN where it is undefined. Equal scores
/// count as one step: nothing depends on the order of ties.
struct RankingMetrics {
  double average_precision;            ///< sum of precision times the step in recall
  double average_precision_trapezoid;  ///< area under the straight lines between the same points
  double auroc;                        ///< positive above negative, ties count half
  double fpr_at_95_tpr;                ///< at the first threshold with TPR >= 0.95
  double fpr_at_95_tpr_above;          ///< at the first threshold with TPR > 0.95
  double fpr_at_95_tpr_interpolated;   ///< on the line between the two ROC points around 0.95
  double fpr_at_95_tpr_nearest;        ///< at the TPR nearest to 0.95, its lowest threshold
  double f1_star;                      ///< the highest F1 of all thresholds
  double f1_star_threshold;            ///< the highest score that attains it (score >= threshold)
};

/// Without positives the average precision and F1* are 0, as scikit-learn has it, and the rest is
/// NaN; without negatives AUROC and the false positive rates are NaN. Throws std::invalid_argument
/// for a curve whose vectors differ in length.
RankingMetrics ranking_metrics(const RankingCurve& curve);

}  // namespace situ
