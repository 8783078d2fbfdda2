// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/score_grid.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "situ/core/tensor_check.h"
#include "situ/imaging/host_tensor.h"

namespace situ {
namespace {

// At 2^20 buckets the table still fits into the second-level cache of most processors.
constexpr std::size_t kMaxBuckets = std::size_t{1} << 20;
// Below this many pixels a second thread costs more than it saves.
constexpr std::int64_t kPixelsPerTask = std::int64_t{1} << 18;

void check_pair(const at::Tensor& scores, const at::Tensor& targets) {
  check_host(scores, "ranking: scores");
  check_host(targets, "ranking: targets");
  if (scores.scalar_type() != at::kFloat && scores.scalar_type() != at::kDouble) {
    throw std::invalid_argument("ranking: scores: expected float32 or float64");
  }
  check_dtype(targets, at::kByte, "ranking: targets");
  if (scores.sizes() != targets.sizes() || !scores.is_contiguous() || !targets.is_contiguous()) {
    throw std::invalid_argument("ranking: expected contiguous tensors of one shape, got " +
                                shape_text(scores) + " and " + shape_text(targets));
  }
}

CountedScores counted(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  CountedScores result;
  for (const double score : scores) {
    if (result.scores.empty() || result.scores.back() != score) {
      result.scores.push_back(score);
      result.counts.push_back(0);
    }
    ++result.counts.back();
  }
  result.scores.shrink_to_fit();  // one of these is kept for every image
  result.counts.shrink_to_fit();
  return result;
}

template <class Score>
std::vector<double> collect(const Score* scores, const std::uint8_t* targets, std::int64_t pixels) {
  std::vector<double> found;
  for (std::int64_t i = 0; i < pixels; ++i) {
    if (targets[i] == kIgnored) continue;
    if (targets[i] > kPositive) {
      throw std::invalid_argument("ranking: targets: expected 0, 1 or 255, got " +
                                  std::to_string(targets[i]));
    }
    if (!std::isfinite(scores[i])) {
      throw std::invalid_argument("ranking: the score of pixel " + std::to_string(i) +
                                  " is not finite");
    }
    if (targets[i] == kPositive) found.push_back(scores[i]);
  }
  return found;
}

}  // namespace

CountedScores positive_scores(const at::Tensor& scores, const at::Tensor& targets) {
  check_pair(scores, targets);
  const auto* target = targets.const_data_ptr<std::uint8_t>();
  if (scores.scalar_type() == at::kFloat) {
    return counted(collect(scores.const_data_ptr<float>(), target, scores.numel()));
  }
  return counted(collect(scores.const_data_ptr<double>(), target, scores.numel()));
}

CountedScores merged(std::vector<CountedScores>&& parts) {
  // Pairs of neighbours, so that nothing is copied more often than log2 of the number of parts.
  while (parts.size() > 1) {
    std::vector<CountedScores> next;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
      CountedScores& a = parts[i];
      CountedScores& b = parts[i + 1];
      CountedScores both;
      both.scores.reserve(a.scores.size() + b.scores.size());
      both.counts.reserve(a.scores.size() + b.scores.size());
      for (std::size_t m = 0, n = 0; m < a.scores.size() || n < b.scores.size();) {
        const bool end_of_b = n == b.scores.size();
        const bool from_a = m < a.scores.size() && (end_of_b || a.scores[m] <= b.scores[n]);
        const bool from_b = !end_of_b && (!from_a || a.scores[m] == b.scores[n]);
        both.scores.push_back(from_a ? a.scores[m] : b.scores[n]);
        both.counts.push_back((from_a ? a.counts[m] : 0) + (from_b ? b.counts[n] : 0));
        m += from_a ? 1 : 0;
        n += from_b ? 1 : 0;
      }
      a = {};
      b = {};
      next.push_back(std::move(both));
    }
    if (parts.size() % 2 == 1) next.push_back(std::move(parts.back()));
    parts = std::move(next);
  }
  return parts.empty() ? CountedScores{} : std::move(parts.front());
}

ScoreGrid::ScoreGrid(CountedScores positives) : positives_(std::move(positives)) {
  const std::vector<double>& scores = positives_.scores;
  if (scores.size() > UINT32_MAX / 2) {
    throw std::invalid_argument("ScoreGrid: more than 2^31 distinct scores of positives");
  }
  const std::size_t buckets = std::min(kMaxBuckets, std::bit_ceil(scores.size() + 1));
  if (!scores.empty()) {
    low_ = scores.front();
    const double range = scores.back() - low_;
    const double per_unit = static_cast<double>(buckets - 1) / range;
    // Otherwise one bucket holds all: a single score, or a range beyond what a double divides.
    if (std::isfinite(range) && std::isfinite(per_unit)) buckets_per_unit_ = per_unit;
  }
  starts_.assign(buckets + 1, 0);
  for (const double score : scores) ++starts_[bucket(score) + 1];
  std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
}

// Never decreases with the score, as neither the subtraction nor the product does: that alone makes
// the search in one bucket right, however the numbers round.
inline std::size_t ScoreGrid::bucket(double score) const {
  return static_cast<std::size_t>((score - low_) * buckets_per_unit_);
}

inline std::size_t ScoreGrid::cell(double score) const {
  const std::vector<double>& scores = positives_.scores;
  if (scores.empty() || score < scores.front()) return 0;
  if (score > scores.back()) return 2 * scores.size();
  const std::size_t b = bucket(score);
  const auto begin = scores.begin() + starts_[b];
  const auto end = scores.begin() + starts_[b + 1];
  const auto found = std::lower_bound(begin, end, score);
  const auto k = static_cast<std::size_t>(found - scores.begin());
  return 2 * k + (scores[k] == score ? 1 : 0);
}

template <class Score>
void ScoreGrid::count(const Score* scores, const std::uint8_t* targets, std::int64_t pixels,
                      std::span<std::int64_t> cells) const {
  for (std::int64_t i = 0; i < pixels; ++i) {
    if (targets[i] == kNegative) ++cells[cell(static_cast<double>(scores[i]))];
  }
}

void ScoreGrid::count_negatives(const at::Tensor& scores, const at::Tensor& targets,
                                std::span<std::int64_t> cells) const {
  check_pair(scores, targets);
  if (cells.size() != cell_count()) {
    throw std::invalid_argument("count_negatives: expected " + std::to_string(cell_count()) +
                                " cells, got " + std::to_string(cells.size()));
  }
  const auto* target = targets.const_data_ptr<std::uint8_t>();
  const auto count_range = [&](std::int64_t begin, std::int64_t end, std::span<std::int64_t> into) {
    if (scores.scalar_type() == at::kFloat) {
      count(scores.const_data_ptr<float>() + begin, target + begin, end - begin, into);
    } else {
      count(scores.const_data_ptr<double>() + begin, target + begin, end - begin, into);
    }
  };
  const std::int64_t pixels = scores.numel();
  // Counters of their own for further threads, where the pixels outweigh them.
  if (at::in_parallel_region() || at::get_num_threads() == 1 ||
      pixels <
          2 * std::max<std::int64_t>(kPixelsPerTask, static_cast<std::int64_t>(cells.size()))) {
    count_range(0, pixels, cells);
    return;
  }
  std::vector<std::vector<std::int64_t>> own(static_cast<std::size_t>(at::get_num_threads()));
  at::parallel_for(0, pixels, kPixelsPerTask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t>& mine = own[static_cast<std::size_t>(at::get_thread_num())];
    mine.resize(cells.size());
    count_range(begin, end, mine);
  });
  for (const std::vector<std::int64_t>& part : own) {
    for (std::size_t c = 0; c < part.size(); ++c) cells[c] += part[c];
  }
}

RankingCurve ScoreGrid::curve(std::span<const std::int64_t> cells) const {
  if (cells.size() != cell_count()) {
    throw std::invalid_argument("ScoreGrid::curve: expected " + std::to_string(cell_count()) +
                                " cells, got " + std::to_string(cells.size()));
  }
  const std::size_t steps = positives_.scores.size();
  RankingCurve curve;
  curve.scores.assign(positives_.scores.rbegin(), positives_.scores.rend());
  curve.positives.assign(positives_.counts.rbegin(), positives_.counts.rend());
  curve.negatives_above.resize(steps);
  curve.negatives_equal.resize(steps);
  for (std::size_t k = 0; k < steps; ++k) {
    const std::size_t ascending = steps - 1 - k;
    curve.negatives_above[k] = cells[2 * ascending + 2];
    curve.negatives_equal[k] = cells[2 * ascending + 1];
  }
  const auto sum = [](auto first, auto last) {
    return std::accumulate(first, last, std::int64_t{0});
  };
  curve.positive_count = sum(curve.positives.begin(), curve.positives.end());
  curve.negative_count = sum(cells.begin(), cells.end());
  return curve;
}

RankingSample ScoreGrid::sample(const at::Tensor& scores, const at::Tensor& targets) const {
  std::vector<std::int64_t> negatives(cell_count());
  count_negatives(scores, targets, negatives);
  std::vector<std::int64_t> positives(cell_count());
  const CountedScores own = positive_scores(scores, targets);
  if (!own.scores.empty() && positives_.scores.empty()) {
    throw std::invalid_argument("ScoreGrid::sample: the grid has no scores");
  }
  for (std::size_t i = 0; i < own.scores.size(); ++i) {
    const std::size_t found = cell(own.scores[i]);
    const std::size_t below = found < 2 ? 1 : found - 1;
    positives[found % 2 == 1 ? found : below] += own.counts[i];
  }
  RankingSample sample;
  for (std::size_t c = 0; c < negatives.size(); ++c) {
    if (positives[c] == 0 && negatives[c] == 0) continue;
    sample.cells.push_back(static_cast<std::uint32_t>(c));
    sample.positives.push_back(positives[c]);
    sample.negatives.push_back(negatives[c]);
  }
  return sample;
}

RankingCurve ranking_curve(const at::Tensor& scores, const at::Tensor& targets) {
  const ScoreGrid grid(positive_scores(scores, targets));
  std::vector<std::int64_t> cells(grid.cell_count());
  grid.count_negatives(scores, targets, cells);
  return grid.curve(cells);
}

}  // namespace situ
