// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/box.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "situ/core/tensor_check.h"

namespace situ {

Box intersection(const Box& a, const Box& b) {
  const Box both{.x0 = std::max(a.x0, b.x0),
                 .y0 = std::max(a.y0, b.y0),
                 .x1 = std::min(a.x1, b.x1),
                 .y1 = std::min(a.y1, b.y1)};
  return both.x0 < both.x1 && both.y0 < both.y1 ? both : Box{};
}

double box_iou(const Box& a, const Box& b) {
  const int64_t shared = intersection(a, b).area();
  const int64_t all = a.area() + b.area() - shared;
  return all > 0 ? static_cast<double>(shared) / static_cast<double>(all) : 0;
}

std::optional<Box> bounding_box(const at::Tensor& mask) {
  check_mask(mask, "bounding_box: mask");
  const at::Tensor rows = mask.any(1).nonzero();
  if (rows.numel() == 0) return std::nullopt;
  const at::Tensor columns = mask.any(0).nonzero();
  return Box{.x0 = columns[0].item<int64_t>(),
             .y0 = rows[0].item<int64_t>(),
             .x1 = columns[-1].item<int64_t>() + 1,
             .y1 = rows[-1].item<int64_t>() + 1};
}

}  // namespace situ
