// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "situ/metrics/ranking_metrics.h"

namespace situ {

/// One image's part of a pool's ranking: what is needed to rank any selection of images again.
/// Cells are those of a ScoreGrid over the thresholds that the images share.
struct RankingSample {
  std::vector<std::uint32_t> cells;     ///< ascending, those that are not empty
  std::vector<std::int64_t> positives;  ///< in each of `cells`
  std::vector<std::int64_t> negatives;  ///< in each of `cells`
};

/// A data set's images, ranked over the same thresholds, ascending.
struct RankingSamples {
  std::vector<double> thresholds;
  std::vector<RankingSample> samples;
};

/// The ranking of the images, each as often as `times` says: exact where the thresholds hold the
/// score of every positive. Throws std::invalid_argument for another number of `times` or a cell
/// out of range.
RankingCurve ranking_curve(const RankingSamples& images, std::span<const std::int64_t> times);

/// A figure, and what it varies by where other images of the kind had been there: the percentile
/// interval of a bootstrap over images.
struct Interval {
  double low;
  double high;
};

/// One of the members of RankingMetrics.
using RankingFigure = double RankingMetrics::*;

struct BootstrapOptions {
  std::int64_t resamples = 1000;
  std::uint64_t seed = 0;
  double confidence = 0.95;
};

/// Intervals of the figures, from as many images drawn with replacement as there are; draws in
/// which a figure is undefined are left out of its interval, which is NaN where none is left.
/// Throws std::invalid_argument without images, for resamples < 1 or a confidence outside (0, 1).
std::vector<Interval> bootstrap_intervals(const RankingSamples& images,
                                          std::span<const RankingFigure> figures,
                                          const BootstrapOptions& options = {});

/// How a method's figure compares with another's on the same images.
struct PairedComparison {
  double difference;  ///< second minus first, on all images
  Interval interval;  ///< of the difference, from the same draws for both
  double p_value;     ///< two-sided: of a difference of the other sign, or none
};

/// Both data sets must have the same images in the same order. Otherwise as bootstrap_intervals.
std::vector<PairedComparison> compare_paired(const RankingSamples& first,
                                             const RankingSamples& second,
                                             std::span<const RankingFigure> figures,
                                             const BootstrapOptions& options = {});

}  // namespace situ
