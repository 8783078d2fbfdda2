// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "situ/metrics/component_metrics.h"

namespace situ {

/// A run of label numbers with one meaning, both ends included.
struct LabelRange {
  std::int32_t first;
  std::int32_t last;
  std::uint8_t target;  // of situ/metrics/score_grid.h: 0, 1 or 255
};

/// How a data set's labels say what is anomalous, and what its benchmark measures.
struct AnomalyProtocol {
  const char* name;
  const char* description;
  std::span<const LabelRange> labels;
  bool others_are_ignored;     // otherwise a number outside `labels` is an error
  const char* label_suffix;    // of a label file's stem, behind the image's name; may be missing
  ComponentLimits components;  // of its component metrics
};

std::span<const AnomalyProtocol> anomaly_protocols();
std::vector<std::string> anomaly_protocol_names();

/// Throws std::invalid_argument, naming the nearest, for an unknown name.
const AnomalyProtocol& anomaly_protocol(std::string_view name);

/// Returns uint8 [H, W] of 0 (in distribution), 1 (anomalous) and 255 (ignored).
/// labels: uint8 or int32 [H, W] as load_labels returns them. Throws DataError, naming the number
/// and its pixel, for a label that the protocol does not know.
at::Tensor targets_of(const at::Tensor& labels, const AnomalyProtocol& protocol,
                      const std::string& file);

}  // namespace situ
