// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/ranking_sample.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "situ/core/random.h"

namespace situ {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

using Values = std::vector<double>;  // of the figures

std::vector<std::int64_t> once(std::size_t count) { return std::vector<std::int64_t>(count, 1); }

Values figures_of(const RankingSamples& images, std::span<const std::int64_t> times,
                  std::span<const RankingFigure> figures) {
  const RankingMetrics metrics = ranking_metrics(ranking_curve(images, times));
  Values values;
  for (const RankingFigure figure : figures) values.push_back(metrics.*figure);
  return values;
}

void check(const RankingSamples& images, const BootstrapOptions& options) {
  if (images.samples.empty()) throw std::invalid_argument("bootstrap: there are no images");
  if (options.resamples < 1) throw std::invalid_argument("bootstrap: resamples must be 1 or more");
  if (!(options.confidence > 0 && options.confidence < 1)) {
    throw std::invalid_argument("bootstrap: the confidence must lie between 0 and 1");
  }
}

/// How often each image is drawn. Its own generator, so that a draw depends on nothing but its
/// number.
std::vector<std::int64_t> draw(std::size_t images, std::uint64_t seed, std::int64_t number) {
  Random random(derive_seed(seed, "bootstrap", static_cast<std::uint64_t>(number), 0));
  std::vector<std::int64_t> times(images);
  for (std::size_t i = 0; i < images; ++i) {
    ++times[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(images)))];
  }
  return times;
}

/// [resamples][figures]
template <class Evaluate>
std::vector<Values> resampled(std::size_t images, const BootstrapOptions& options,
                              const Evaluate& evaluate) {
  std::vector<Values> draws(static_cast<std::size_t>(options.resamples));
  at::parallel_for(0, options.resamples, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      draws[static_cast<std::size_t>(r)] = evaluate(draw(images, options.seed, r));
    }
  });
  return draws;
}

Values defined_column(const std::vector<Values>& draws, std::size_t figure) {
  Values column;
  for (const Values& one : draws) {
    if (!std::isnan(one[figure])) column.push_back(one[figure]);
  }
  std::sort(column.begin(), column.end());
  return column;
}

double quantile(const Values& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

Interval interval_of(const Values& sorted, double confidence) {
  if (sorted.empty()) return {kUndefined, kUndefined};
  const double tail = (1 - confidence) / 2;
  return {quantile(sorted, tail), quantile(sorted, 1 - tail)};
}

}  // namespace

RankingCurve ranking_curve(const RankingSamples& images, std::span<const std::int64_t> times) {
  const std::size_t steps = images.thresholds.size();
  if (times.size() != images.samples.size()) {
    throw std::invalid_argument("ranking_curve: expected a number for each of " +
                                std::to_string(images.samples.size()) + " images");
  }
  std::vector<std::int64_t> positives(2 * steps + 1);
  std::vector<std::int64_t> negatives(2 * steps + 1);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] == 0) continue;
    const RankingSample& sample = images.samples[i];
    for (std::size_t c = 0; c < sample.cells.size(); ++c) {
      positives.at(sample.cells[c]) += times[i] * sample.positives[c];
      negatives.at(sample.cells[c]) += times[i] * sample.negatives[c];
    }
  }
  RankingCurve curve;
  std::int64_t above = negatives[2 * steps];
  for (std::size_t k = steps; k-- > 0;) {
    const std::int64_t with_score = positives[2 * k + 1];
    if (with_score > 0) {
      curve.scores.push_back(images.thresholds[k]);
      curve.positives.push_back(with_score);
      curve.negatives_above.push_back(above);
      curve.negatives_equal.push_back(negatives[2 * k + 1]);
      above = 0;
    } else {
      above += negatives[2 * k + 1];  // nobody's score in this selection
    }
    curve.positive_count += with_score;
    above += negatives[2 * k];
  }
  for (const std::int64_t count : negatives) curve.negative_count += count;
  return curve;
}

std::vector<Interval> bootstrap_intervals(const RankingSamples& images,
                                          std::span<const RankingFigure> figures,
                                          const BootstrapOptions& options) {
  check(images, options);
  const auto draws = resampled(images.samples.size(), options, [&](const auto& times) {
    return figures_of(images, times, figures);
  });
  std::vector<Interval> intervals;
  for (std::size_t f = 0; f < figures.size(); ++f) {
    intervals.push_back(interval_of(defined_column(draws, f), options.confidence));
  }
  return intervals;
}

std::vector<PairedComparison> compare_paired(const RankingSamples& first,
                                             const RankingSamples& second,
                                             std::span<const RankingFigure> figures,
                                             const BootstrapOptions& options) {
  check(first, options);
  if (first.samples.size() != second.samples.size()) {
    throw std::invalid_argument("compare_paired: the methods were not run on the same images");
  }
  const auto difference = [&](std::span<const std::int64_t> times) {
    const Values a = figures_of(first, times, figures);
    Values b = figures_of(second, times, figures);
    for (std::size_t f = 0; f < a.size(); ++f) b[f] -= a[f];
    return b;
  };
  const Values observed = difference(once(first.samples.size()));
  const auto draws = resampled(first.samples.size(), options, difference);
  std::vector<PairedComparison> comparisons;
  for (std::size_t f = 0; f < figures.size(); ++f) {
    const Values sorted = defined_column(draws, f);
    const auto count = [&](auto holds) {
      return static_cast<double>(1 + std::count_if(sorted.begin(), sorted.end(), holds)) /
             static_cast<double>(1 + sorted.size());
    };
    // The draw that was observed counts as one, so that no finite number of draws gives a p of 0.
    const double p = 2 * std::min(count([](double d) { return d <= 0; }),
                                  count([](double d) { return d >= 0; }));
    comparisons.push_back({.difference = observed[f],
                           .interval = interval_of(sorted, options.confidence),
                           .p_value = sorted.empty() ? kUndefined : std::min(1.0, p)});
  }
  return comparisons;
}

}  // namespace situ
