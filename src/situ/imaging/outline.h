// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace situ {

/// A point between pixels: (0, 0) is the top left corner of the first pixel.
struct OutlineCorner {
  int64_t x = 0;
  int64_t y = 0;

  bool operator==(const OutlineCorner&) const = default;
};

/// Returns the closed lines along the edges of the true pixels, corners alone: around each
/// 4-connected component clockwise (as seen on a screen), around each hole the other way, in the
/// raster order of their first edges. The lines enclose the true pixels exactly. mask: bool [H, W]
/// on the host; throws std::invalid_argument for anything else.
std::vector<std::vector<OutlineCorner>> mask_outlines(const at::Tensor& mask);

/// The same as one closed line, for formats that have no more than that: from the first corner of
/// the first line a bridge leads to each other line and back. Filled by the even-odd rule, or as
/// polygon_run_length does, it is the mask. Empty for a mask without true pixels.
std::vector<OutlineCorner> joined_outline(const at::Tensor& mask);

}  // namespace situ
