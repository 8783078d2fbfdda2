// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "situ/metrics/ranking_metrics.h"
#include "situ/metrics/ranking_sample.h"

namespace situ {

/// What a pixel is in a binary ranking, as the numbers of a target image.
enum Target : std::uint8_t { kNegative = 0, kPositive = 1, kIgnored = 255 };

/// Distinct scores in ascending order, and how often each comes.
struct CountedScores {
  std::vector<double> scores;
  std::vector<std::int64_t> counts;
};

/// Returns the scores of the positive pixels. scores: float32 or float64; targets: uint8 of the
/// same shape, values of Target; both contiguous in host memory. Throws std::invalid_argument for
/// other tensors, other targets, and scores of pixels not ignored that are not finite.
CountedScores positive_scores(const at::Tensor& scores, const at::Tensor& targets);

/// Returns the union of all, with counts added up.
CountedScores merged(std::vector<CountedScores>&& parts);

/// Places negatives among the positives' scores: the memory of exact metrics is that of the
/// positives, however many negatives there are.
class ScoreGrid {
 public:
  explicit ScoreGrid(CountedScores positives);

  /// Cells 2k and 2k+1 are the scores below and equal to the k-th positive score, ascending; the
  /// last cell is what lies above all.
  std::size_t cell_count() const { return 2 * positives_.scores.size() + 1; }

  /// Adds the negative pixels to their cells. Tensors as for positive_scores; cells: cell_count().
  void count_negatives(const at::Tensor& scores, const at::Tensor& targets,
                       std::span<std::int64_t> cells) const;

  RankingCurve curve(std::span<const std::int64_t> cells) const;

  /// One image's pixels of both kinds, by cell. A positive whose score is not one of the grid's
  /// counts with the next score below it (with the lowest where there is none), and so below the
  /// negatives between the two.
  RankingSample sample(const at::Tensor& scores, const at::Tensor& targets) const;

 private:
  std::size_t bucket(double score) const;
  std::size_t cell(double score) const;
  template <class Score>
  void count(const Score* scores, const std::uint8_t* targets, std::int64_t pixels,
             std::span<std::int64_t> cells) const;

  CountedScores positives_;
  // Where in the ascending scores to search: those of bucket b are [starts_[b], starts_[b + 1]).
  std::vector<std::uint32_t> starts_;
  double low_ = 0;
  double buckets_per_unit_ = 0;
};

/// The exact curve of one image, or of any number of pixels that fit into memory.
RankingCurve ranking_curve(const at::Tensor& scores, const at::Tensor& targets);

}  // namespace situ
