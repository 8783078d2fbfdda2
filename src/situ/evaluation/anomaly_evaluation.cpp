// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/anomaly_evaluation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"
#include "situ/evaluation/each_sample.h"
#include "situ/evaluation/paired_files.h"
#include "situ/evaluation/score_map.h"
#include "situ/io/image_file.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

constexpr std::array<std::string_view, 1> kLabelExtensions = {".png"};

constexpr double RankingMetrics::*kFigures[] = {&RankingMetrics::average_precision,
                                                &RankingMetrics::average_precision_trapezoid,
                                                &RankingMetrics::auroc,
                                                &RankingMetrics::fpr_at_95_tpr,
                                                &RankingMetrics::fpr_at_95_tpr_above,
                                                &RankingMetrics::fpr_at_95_tpr_interpolated,
                                                &RankingMetrics::fpr_at_95_tpr_nearest,
                                                &RankingMetrics::f1_star,
                                                &RankingMetrics::f1_star_threshold};

void check_same_size(const at::Tensor& image, const std::filesystem::path& file,
                     const at::Tensor& scores, const std::filesystem::path& score_file) {
  if (image.sizes() == scores.sizes()) return;
  throw DataError(file.string(), "expected " + shape_text(scores) + " as in " +
                                     score_file.string() + ", got " + shape_text(image));
}

at::Tensor load_strided(const std::filesystem::path& file, std::int64_t stride) {
  const at::Tensor image = load_labels(file);
  if (stride == 1) return image;
  return image.slice(0, 0, image.size(0), stride).slice(1, 0, image.size(1), stride).contiguous();
}

void select_negatives(const AnomalySample& sample, ScoredImage& image) {
  const at::Tensor instances = load_strided(*sample.instances, sample.label_stride);
  check_same_size(instances, *sample.instances, image.scores, sample.scores);
  const bool alone = sample.synthetic == SyntheticNegatives::kAlone;
  const at::Tensor dropped = alone ? instances.eq(0) : instances.ne(0);
  image.targets.masked_fill_(dropped.logical_and_(image.targets.eq(kNegative)), kIgnored);
}

struct FirstPass {
  ImageFigures figures;
  CountedScores positives;
};

FirstPass first_pass(const AnomalySample& sample, const AnomalyProtocol& protocol) {
  const ScoredImage image = load_scored_image(sample, protocol);
  FirstPass result;
  result.positives = positive_scores(image.scores, image.targets);
  const ScoreGrid grid(result.positives);
  std::vector<std::int64_t> cells(grid.cell_count());
  grid.count_negatives(image.scores, image.targets, cells);
  const RankingCurve curve = grid.curve(cells);
  result.figures = {.name = sample.name,
                    .positives = curve.positive_count,
                    .negatives = curve.negative_count,
                    .ignored = image.scores.numel() - curve.positive_count - curve.negative_count,
                    .metrics = ranking_metrics(curve)};
  return result;
}

RankingCurve pooled_curve(const std::vector<AnomalySample>& samples,
                          const AnomalyProtocol& protocol, std::vector<CountedScores>&& positives) {
  const ScoreGrid grid(merged(std::move(positives)));
  std::vector<std::vector<std::int64_t>> cells(static_cast<std::size_t>(at::get_num_threads()));
  for_each_sample(samples.size(), [&](std::size_t i, std::size_t thread) {
    const ScoredImage image = load_scored_image(samples[i], protocol);
    cells[thread].resize(grid.cell_count());
    grid.count_negatives(image.scores, image.targets, cells[thread]);
  });
  std::vector<std::int64_t> all(grid.cell_count());
  for (std::vector<std::int64_t>& part : cells) {
    for (std::size_t c = 0; c < part.size(); ++c) all[c] += part[c];
    std::vector<std::int64_t>().swap(part);
  }
  return grid.curve(all);
}

/// Images without anomalous pixels have no precision, and are left out of its mean.
RankingMetrics mean_of(const std::vector<ImageFigures>& images) {
  RankingMetrics mean{};
  for (double RankingMetrics::*figure : kFigures) {
    // Sorted, so that the sum does not depend on the order of the images.
    std::vector<double> values;
    for (const ImageFigures& image : images) {
      const double value = image.metrics.*figure;
      if (image.positives > 0 && !std::isnan(value)) values.push_back(value);
    }
    std::sort(values.begin(), values.end());
    double sum = 0;
    for (const double value : values) sum += value;
    mean.*figure = values.empty() ? std::numeric_limits<double>::quiet_NaN()
                                  : sum / static_cast<double>(values.size());
  }
  return mean;
}

}  // namespace

std::vector<AnomalySample> anomaly_samples(const AnomalyFolders& folders,
                                           const AnomalyProtocol& protocol) {
  if (folders.label_stride < 1) {
    throw std::invalid_argument("anomaly_samples: the label stride must be 1 or more");
  }
  const auto score_files = files_by_stem(folders.scores, kScoreExtensions);
  const auto label_files = files_by_stem(folders.labels, kLabelExtensions, protocol.label_suffix);
  std::vector<AnomalySample> samples;
  for (FilePair& pair : paired_files(score_files, folders.scores, label_files, folders.labels)) {
    samples.push_back({.name = std::move(pair.stem),
                       .scores = std::move(pair.first),
                       .labels = std::move(pair.second),
                       .label_stride = folders.label_stride});
  }
  if (!folders.roi) return samples;
  const auto regions = files_by_stem(*folders.roi, kLabelExtensions);
  const auto with_regions = paired_files(score_files, folders.scores, regions, *folders.roi);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].roi = with_regions[i].second;
  return samples;
}

ScoredImage load_scored_image(const AnomalySample& sample, const AnomalyProtocol& protocol) {
  ScoredImage image;
  image.scores = load_score_map(sample.scores);
  image.labels = load_strided(sample.labels, sample.label_stride);
  check_same_size(image.labels, sample.labels, image.scores, sample.scores);
  check_finite(image.scores, sample.scores.string());
  image.targets = targets_of(image.labels, protocol, sample.labels.string());
  if (sample.roi) {
    const at::Tensor region = load_strided(*sample.roi, sample.label_stride);
    check_same_size(region, *sample.roi, image.scores, sample.scores);
    image.targets.masked_fill_(region.eq(0), kIgnored);
  }
  if (sample.synthetic != SyntheticNegatives::kCounted) select_negatives(sample, image);
  return image;
}

AnomalyFigures evaluate_anomaly(const std::vector<AnomalySample>& samples,
                                const AnomalyProtocol& protocol) {
  std::vector<CountedScores> positives(samples.size());
  AnomalyFigures result;
  result.protocol = protocol.name;
  result.images.resize(samples.size());
  for_each_sample(samples.size(), [&](std::size_t i, std::size_t) {
    FirstPass one = first_pass(samples[i], protocol);
    result.images[i] = std::move(one.figures);
    positives[i] = std::move(one.positives);
  });
  const RankingCurve curve = pooled_curve(samples, protocol, std::move(positives));
  result.positives = curve.positive_count;
  result.negatives = curve.negative_count;
  for (const ImageFigures& image : result.images) result.ignored += image.ignored;
  if (result.positives + result.negatives == 0) {
    const std::string where =
        samples.empty() ? "evaluate_anomaly" : samples.front().labels.string();
    throw DataError(where, std::string("no pixel of these labels counts under the protocol ") +
                               protocol.name + " (" + protocol.description + ")");
  }
  result.pooled = ranking_metrics(curve);
  result.mean_over_images = mean_of(result.images);
  return result;
}

ComponentMetrics evaluate_components(const std::vector<AnomalySample>& samples,
                                     const AnomalyProtocol& protocol, double threshold) {
  std::vector<ComponentOverlaps> overlaps(samples.size());
  for_each_sample(samples.size(), [&](std::size_t i, std::size_t) {
    const ScoredImage image = load_scored_image(samples[i], protocol);
    overlaps[i] =
        component_overlaps(image.scores.gt(threshold), image.targets, protocol.components);
  });
  ComponentOverlaps all;
  for (const ComponentOverlaps& one : overlaps) all.append(one);
  return component_metrics(all);
}

}  // namespace situ
