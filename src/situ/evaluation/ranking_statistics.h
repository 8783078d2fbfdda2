// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "situ/evaluation/anomaly_evaluation.h"
#include "situ/metrics/ranking_sample.h"

namespace situ {

/// What is kept of score maps to rank any selection of their images again.
struct RankingStatistics {
  std::string protocol;
  std::vector<std::string> images;
  RankingSamples ranking;
};

/// More distinct scores of anomalous pixels than this are thinned out evenly to so many
/// thresholds, which moves the figures of a resampled data set in about the fifth decimal.
inline constexpr std::size_t kMaxStatisticsThresholds = 16384;

/// Reads every file twice. Throws as evaluate_anomaly.
RankingStatistics ranking_statistics(const std::vector<AnomalySample>& samples,
                                     const AnomalyProtocol& protocol,
                                     std::size_t max_thresholds = kMaxStatisticsThresholds);

/// The file of docs/formats/ranking_statistics.md. Throws FileError.
void save_statistics(const std::filesystem::path& file, const RankingStatistics& statistics);
/// Throws FileError, and DataError for another format and for what contradicts itself.
RankingStatistics load_statistics(const std::filesystem::path& file);

}  // namespace situ
