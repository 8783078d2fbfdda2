// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "situ/evaluation/protocol.h"
#include "situ/metrics/component_metrics.h"
#include "situ/metrics/ranking_metrics.h"

namespace situ {

/// The files of a data set, by the folders that they are in.
struct AnomalyFolders {
  std::filesystem::path scores;
  std::filesystem::path labels;
  std::optional<std::filesystem::path> roi = {};
  std::int64_t label_stride = 1;
};

/// Whether pixels count that were put in but are not anomalous.
enum class SyntheticNegatives {
  kCounted,  ///< like any others
  kIgnored,  ///< not at all
  kAlone,    ///< and no others
};

/// One image's files.
struct AnomalySample {
  std::string name;
  std::filesystem::path scores;
  std::filesystem::path labels;
  std::optional<std::filesystem::path> roi = {};  ///< gray PNG: only where it is not 0 counts
  std::int64_t label_stride = 1;  ///< the scores are of every n-th row and column of the labels
  std::optional<std::filesystem::path> instances = {};          ///< PNG: what is not 0 was put in
  SyntheticNegatives synthetic = SyntheticNegatives::kCounted;  ///< other than kCounted: by it
};

/// Pairs score maps with label images, and these with regions of interest where a folder of them is
/// given, by stem (situ/evaluation/paired_files.h). Throws as files_by_stem and paired_files do.
std::vector<AnomalySample> anomaly_samples(const AnomalyFolders& folders,
                                           const AnomalyProtocol& protocol);

struct ImageFigures {
  std::string name;
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::int64_t ignored = 0;
  RankingMetrics metrics{};
};

struct AnomalyFigures {
  std::string protocol;
  std::vector<ImageFigures> images;
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::int64_t ignored = 0;
  RankingMetrics pooled{};            ///< of all pixels of all images together
  RankingMetrics mean_over_images{};  ///< each figure over the images in which it is defined
  std::optional<ComponentMetrics> components = {};  ///< only where they were asked for
};

/// Reads every file twice and holds the scores of the anomalous pixels, one image a thread, and
/// nothing else: exact at any number of pixels. The result depends neither on the order of the
/// samples nor on the number of threads. Throws the error of the first sample that has one:
/// FileError, and DataError for a broken file, labels of another size than the scores, labels that
/// the protocol does not know, scores that are NaN or infinite, and where every pixel is ignored.
AnomalyFigures evaluate_anomaly(const std::vector<AnomalySample>& samples,
                                const AnomalyProtocol& protocol);

/// Components of the scores above a threshold against those of the labels, over all images; their
/// least sizes are the protocol's. Throws as evaluate_anomaly.
ComponentMetrics evaluate_components(const std::vector<AnomalySample>& samples,
                                     const AnomalyProtocol& protocol, double threshold);

/// A sample's scores and what its pixels are, checked.
struct ScoredImage {
  at::Tensor scores;   // float32 or float64 [H, W]
  at::Tensor targets;  // uint8 [H, W]: 0, 1, 255
  at::Tensor labels;   // uint8 or int32 [H, W], the numbers of the file
};
ScoredImage load_scored_image(const AnomalySample& sample, const AnomalyProtocol& protocol);

}  // namespace situ
