// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "situ/core/options.h"
#include "situ/evaluation/anomaly_evaluation.h"

namespace situ {

/// What anomalous pixels are told apart by.
enum class Grouping {
  kClass,  ///< the label's number: each kind of object
  kSize,   ///< the pixels of the object, an 8-connected component
  kRows,   ///< quarters of the image's height, of all pixels: far above, near below
};

template <>
struct EnumNames<Grouping> {
  static constexpr std::array<std::pair<Grouping, const char*>, 3> table{
      {{Grouping::kClass, "class"}, {Grouping::kSize, "size"}, {Grouping::kRows, "rows"}}};
};

struct GroupFigures {
  std::string group;
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  RankingMetrics metrics{};
};

/// Pooled figures for each group of anomalous pixels, against all pixels that are not anomalous
/// (of the same rows, for kRows). Groups without anomalous pixels are left out. Reads every file
/// twice. Throws as evaluate_anomaly.
std::vector<GroupFigures> evaluate_groups(const std::vector<AnomalySample>& samples,
                                          const AnomalyProtocol& protocol, Grouping grouping);

}  // namespace situ
