// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/box.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "situ/imaging/host_tensor.h"

namespace situ {

int64_t Box::width() const { return std::max<int64_t>(x1 - x0, 0); }

int64_t Box::height() const { return std::max<int64_t>(y1 - y0, 0); }

int64_t Box::area() const { return width() * height(); }

Box intersection(const Box& a, const Box& b) {
  const Box both{.x0 = std::max(a.x0, b.x0),
                 .y0 = std::max(a.y0, b.y0),
                 .x1 = std::min(a.x1, b.x1),
                 .y1 = std::min(a.y1, b.y1)};
  return both.area() > 0 ? both : Box{};
}

double box_iou(const Box& a, const Box& b) {
  const int64_t common = intersection(a, b).area();
  const int64_t either = a.area() + b.area() - common;
  return either > 0 ? static_cast<double>(common) / static_cast<double>(either) : 0.0;
}

std::optional<Box> bounding_box(const at::Tensor& mask) {
  const at::Tensor pixels = contiguous_host_mask(mask, "bounding_box: mask");
  const int64_t height = pixels.size(0);
  const int64_t width = pixels.size(1);
  const bool* row = pixels.const_data_ptr<bool>();
  Box box{.x0 = width, .y0 = height, .x1 = 0, .y1 = 0};
  for (int64_t y = 0; y < height; ++y, row += width) {
    const void* first = std::memchr(row, 1, width);
    if (first == nullptr) continue;
    box.y0 = std::min(box.y0, y);
    box.y1 = y + 1;
    box.x0 = std::min<int64_t>(box.x0, static_cast<const bool*>(first) - row);
    // Only what lies right of the box so far can widen it.
    int64_t end = width;
    while (end > box.x1 && !row[end - 1]) --end;
    box.x1 = end;
  }
  if (box.x1 == 0) return std::nullopt;
  return box;
}

}  // namespace situ
