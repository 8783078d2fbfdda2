// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "situ/evaluation/anomaly_evaluation.h"

namespace situ {

/// The JSON of docs/formats/evaluation.md. What is undefined is null.
nlohmann::ordered_json to_json(const RankingMetrics& metrics);
nlohmann::ordered_json to_json(const ComponentMetrics& metrics);
nlohmann::ordered_json to_json(const AnomalyFigures& figures);

/// A table with a row for each protocol, pooled and as the mean over images, in percent.
std::string markdown_table(const std::vector<AnomalyFigures>& results);
/// The same for components; empty where no result has them.
std::string markdown_component_table(const std::vector<AnomalyFigures>& results);

}  // namespace situ
