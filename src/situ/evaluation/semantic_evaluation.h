// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "situ/evaluation/semantic_classes.h"
#include "situ/metrics/confusion_matrix.h"

namespace situ {

struct SemanticFolders {
  std::filesystem::path predictions;  ///< label PNGs
  std::filesystem::path labels;       ///< label PNGs of the same stems
};

struct SemanticOptions {
  /// Numbers of the predictions and labels that become others first: from, to. A class of another
  /// data set, or one that counts as its parent (rider as person). To 255 = ignored, or no class.
  std::vector<std::pair<std::int64_t, std::int64_t>> map_predictions = {}, map_labels = {};
  bool boundaries = false;  ///< boundary IoU too, which takes longer
};

struct SemanticFigures {
  SemanticClasses labels;
  std::int64_t images = 0;
  ConfusionMatrix confusion;
  std::optional<BoundaryIou> boundaries;
};

/// Reads each pair of files once. Throws FileError, and DataError for broken files, for those
/// without a partner, and for pairs of different sizes.
SemanticFigures evaluate_semantic(const SemanticFolders& folders, const SemanticClasses& labels,
                                  const SemanticOptions& options = {});

/// The JSON of docs/formats/evaluation.md.
nlohmann::ordered_json to_json(const SemanticFigures& figures);
std::string markdown_table(const SemanticFigures& figures);

}  // namespace situ
