// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "situ/evaluation/breakdown.h"

namespace situ {

/// Adds the instance maps of a generated dataset to its samples, by stem: what is not 0 in them was
/// put in. Throws as files_by_stem and paired_files do.
void add_instance_maps(const std::filesystem::path& folder, std::vector<AnomalySample>& samples);

/// Whether a detector sees what is anomalous, or only what is synthetic: pooled figures of all
/// anomalous pixels against all others, against those others that were photographed, and against
/// those that were put in but are of known classes. A detector of synthesis is good at the second
/// and chance (AUROC 0.5) at the third. samples: with instance maps. Reads every file six times.
/// Throws as evaluate_anomaly.
std::vector<GroupFigures> audit_synthetic_pixels(std::vector<AnomalySample> samples,
                                                 const AnomalyProtocol& protocol);

}  // namespace situ
