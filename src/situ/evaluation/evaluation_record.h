// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "situ/evaluation/anomaly_evaluation.h"
#include "situ/evaluation/breakdown.h"
#include "situ/evaluation/ranking_statistics.h"

namespace situ {

/// A member of RankingMetrics and its name in JSON.
struct NamedFigure {
  const char* name;
  RankingFigure member;
};
std::span<const NamedFigure> ranking_figures();

/// The JSON of docs/formats/evaluation.md. What is undefined is null.
nlohmann::ordered_json to_json(const RankingMetrics& metrics);
nlohmann::ordered_json to_json(const ComponentMetrics& metrics);
nlohmann::ordered_json to_json(const AnomalyFigures& figures);
nlohmann::ordered_json to_json(const std::vector<GroupFigures>& groups);

/// Intervals of the pooled figures, {"auroc": [low, high], …}; null where one is undefined.
nlohmann::ordered_json interval_json(const RankingStatistics& statistics,
                                     const BootstrapOptions& options);

/// A table with a row for each protocol, pooled and as the mean over images, in percent.
std::string markdown_table(const std::vector<AnomalyFigures>& results);
/// The same for groups of anomalous pixels, and for components: empty where no result has them.
std::string markdown_group_table(const std::string& title, const std::vector<GroupFigures>& groups);
std::string markdown_component_table(const std::vector<AnomalyFigures>& results);

}  // namespace situ
