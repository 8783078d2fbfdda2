// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace situ {

/// A rectangle of whole pixels: columns x0 … x1-1, rows y0 … y1-1.
struct Box {
  int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int64_t width() const { return x1 - x0; }
  int64_t height() const { return y1 - y0; }
  int64_t area() const { return width() * height(); }
  bool operator==(const Box&) const = default;
};

/// The pixels in both; the empty box {} where there are none.
Box intersection(const Box& a, const Box& b);

/// Area of the intersection over area of the union, in [0, 1]; 0 for two empty boxes.
double box_iou(const Box& a, const Box& b);

/// The smallest box around the true pixels of a mask (bool [H, W]), or nothing when there are none.
std::optional<Box> bounding_box(const at::Tensor& mask);

}  // namespace situ
