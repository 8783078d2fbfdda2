// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/breakdown.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "situ/evaluation/each_sample.h"
#include "situ/imaging/connected_components.h"
#include "situ/metrics/ranking_sample.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

constexpr std::int32_t kRowBands = 4;
constexpr std::array<std::int64_t, 3> kSizeBounds = {1'000, 10'000, 100'000};

using Cells = std::vector<std::int64_t>;
template <class Value>
using ByGroup = std::map<std::int32_t, Value>;

std::string group_name(Grouping grouping, std::int32_t group) {
  switch (grouping) {
    case Grouping::kClass:
      return std::to_string(group);
    case Grouping::kRows:
      return "rows " + std::to_string(group) + "/4 to " + std::to_string(group + 1) + "/4";
    case Grouping::kSize:
      break;
  }
  const auto bound = [](std::int32_t i) {
    return std::to_string(kSizeBounds[static_cast<std::size_t>(i)]) + " px";
  };
  return group == std::ssize(kSizeBounds) ? bound(group - 1) + " and more"
                                          : "below " + bound(group);
}

at::Tensor sizes_of_objects(const at::Tensor& targets) {
  const Components found = connected_components(targets.eq(kPositive), Connectivity::kEight);
  at::Tensor bins = at::zeros({std::ssize(found.components) + 1}, at::kInt);
  for (std::size_t i = 0; i < found.components.size(); ++i) {
    const auto bound =
        std::upper_bound(kSizeBounds.begin(), kSizeBounds.end(), found.components[i].area_px);
    bins.mutable_data_ptr<std::int32_t>()[i + 1] =
        static_cast<std::int32_t>(bound - kSizeBounds.begin());
  }
  return bins.index_select(0, found.labels.flatten()).view(targets.sizes());
}

/// The group of every pixel: int32 [H, W].
at::Tensor groups_of(const ScoredImage& image, Grouping grouping) {
  switch (grouping) {
    case Grouping::kClass:
      return image.labels.to(at::kInt);
    case Grouping::kSize:
      return sizes_of_objects(image.targets);
    case Grouping::kRows:
      break;
  }
  const std::int64_t height = image.targets.size(0);
  return at::arange(height, at::kLong)
      .mul(kRowBands)
      .floor_divide(height)
      .to(at::kInt)
      .unsqueeze(1)
      .expand(image.targets.sizes())
      .contiguous();
}

std::vector<std::int32_t> distinct(const at::Tensor& groups) {
  const auto* begin = groups.const_data_ptr<std::int32_t>();
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < groups.numel(); ++i) {
    if (values.empty() || begin[i] != values.back()) values.push_back(begin[i]);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

/// The image's targets where it is one group, ignored elsewhere.
at::Tensor within(const at::Tensor& targets, const at::Tensor& groups, std::int32_t group) {
  return targets.masked_fill(groups.ne(group), kIgnored);
}

ByGroup<CountedScores> positives_by_group(const std::vector<AnomalySample>& samples,
                                          const AnomalyProtocol& protocol, Grouping grouping) {
  std::vector<ByGroup<CountedScores>> parts(samples.size());
  for_each_sample(samples.size(), [&](std::size_t i, std::size_t) {
    const ScoredImage image = load_scored_image(samples[i], protocol);
    const at::Tensor groups = groups_of(image, grouping);
    const at::Tensor anomalous = image.targets.masked_fill(image.targets.eq(kNegative), kIgnored);
    for (const std::int32_t group : distinct(groups)) {
      CountedScores found = positive_scores(image.scores, within(anomalous, groups, group));
      if (!found.scores.empty()) parts[i][group] = std::move(found);
    }
  });
  ByGroup<std::vector<CountedScores>> lists;
  for (ByGroup<CountedScores>& part : parts) {
    for (auto& [group, scores] : part) lists[group].push_back(std::move(scores));
  }
  ByGroup<CountedScores> result;
  for (auto& [group, list] : lists) result[group] = merged(std::move(list));
  return result;
}

/// The negatives of each group of rows; otherwise of all pixels, under group 0.
ByGroup<Cells> negatives_by_group(const std::vector<AnomalySample>& samples,
                                  const AnomalyProtocol& protocol, Grouping grouping,
                                  const ScoreGrid& grid) {
  std::vector<ByGroup<Cells>> parts(static_cast<std::size_t>(at::get_num_threads()));
  for_each_sample(samples.size(), [&](std::size_t i, std::size_t thread) {
    const ScoredImage image = load_scored_image(samples[i], protocol);
    const auto count = [&](std::int32_t group, const at::Tensor& targets) {
      Cells& cells = parts[thread][group];
      cells.resize(grid.cell_count());
      grid.count_negatives(image.scores, targets, cells);
    };
    if (grouping != Grouping::kRows) return count(0, image.targets);
    const at::Tensor groups = groups_of(image, grouping);
    for (std::int32_t band = 0; band < kRowBands; ++band) {
      count(band, within(image.targets, groups, band));
    }
  });
  ByGroup<Cells> all;
  for (const ByGroup<Cells>& part : parts) {
    for (const auto& [group, cells] : part) {
      Cells& sum = all[group];
      sum.resize(cells.size());
      for (std::size_t c = 0; c < cells.size(); ++c) sum[c] += cells[c];
    }
  }
  return all;
}

RankingCurve curve_of(const CountedScores& positives, const Cells& negatives,
                      const std::vector<double>& thresholds) {
  RankingSample sample;
  sample.cells.resize(negatives.size());
  std::iota(sample.cells.begin(), sample.cells.end(), 0U);
  sample.positives.resize(negatives.size());
  sample.negatives = negatives;
  for (std::size_t i = 0; i < positives.scores.size(); ++i) {
    const auto found = std::lower_bound(thresholds.begin(), thresholds.end(), positives.scores[i]);
    sample.positives[static_cast<std::size_t>(2 * (found - thresholds.begin()) + 1)] =
        positives.counts[i];
  }
  const std::int64_t once[] = {1};
  return ranking_curve({.thresholds = thresholds, .samples = {std::move(sample)}}, once);
}

}  // namespace

std::vector<GroupFigures> evaluate_groups(const std::vector<AnomalySample>& samples,
                                          const AnomalyProtocol& protocol, Grouping grouping) {
  const ByGroup<CountedScores> positives = positives_by_group(samples, protocol, grouping);
  std::vector<CountedScores> lists;
  for (const auto& [group, scores] : positives) lists.push_back(scores);
  CountedScores all = merged(std::move(lists));
  const std::vector<double> thresholds = all.scores;
  const ScoreGrid grid(std::move(all));
  const ByGroup<Cells> negatives = negatives_by_group(samples, protocol, grouping, grid);
  std::vector<GroupFigures> figures;
  for (const auto& [group, scores] : positives) {
    const std::int32_t others = grouping == Grouping::kRows ? group : 0;
    const RankingCurve curve = curve_of(scores, negatives.at(others), thresholds);
    figures.push_back({.group = group_name(grouping, group),
                       .positives = curve.positive_count,
                       .negatives = curve.negative_count,
                       .metrics = ranking_metrics(curve)});
  }
  return figures;
}

}  // namespace situ
