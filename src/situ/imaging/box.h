// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace situ {

/// A rectangle of whole pixels, half-open: columns [x0, x1), rows [y0, y1).
/// One with x1 <= x0 or y1 <= y0 is empty.
struct Box {
  int64_t x0 = 0;
  int64_t y0 = 0;
  int64_t x1 = 0;
  int64_t y1 = 0;

  /// Never negative.
  int64_t width() const;
  int64_t height() const;
  int64_t area() const;
  bool operator==(const Box&) const = default;
};

/// The pixels that lie in both; Box{} when there are none.
Box intersection(const Box& a, const Box& b);

/// Intersection over union in [0, 1]; 0 when both are empty.
double box_iou(const Box& a, const Box& b);

/// The smallest box around the true pixels, nothing if there are none.
/// mask: bool [H, W]. Throws std::invalid_argument for any other tensor.
std::optional<Box> bounding_box(const at::Tensor& mask);

}  // namespace situ
