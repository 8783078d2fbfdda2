// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "situ/imaging/box.h"

namespace situ {

/// Counts the true pixels of any box of a mask in constant time, and of a row of equal boxes at the
/// speed of memory.
class SummedArea {
 public:
  /// mask: bool [H, W] of fewer than 2^31 pixels; std::invalid_argument otherwise.
  explicit SummedArea(const at::Tensor& mask);

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  /// True pixels of the mask.
  int64_t total() const { return sums_.back(); }

  /// True pixels in the box, which must lie inside the mask.
  int64_t count(const Box& box) const {
    return strip(box.y0, box.y1, box.x0, box.width()).count(0);
  }

  /// The boxes of one size in one band of rows, the first at column x0.
  struct Strip {
    const int32_t* upper_left = nullptr;
    const int32_t* upper_right = nullptr;
    const int32_t* lower_left = nullptr;
    const int32_t* lower_right = nullptr;

    /// True pixels in the box that starts at column x0 + x.
    int32_t count(int64_t x) const {
      return lower_right[x] - lower_left[x] - upper_right[x] + upper_left[x];
    }
  };

  Strip strip(int64_t y0, int64_t y1, int64_t x0, int64_t box_width) const {
    const int32_t* upper = sums_.data() + y0 * (width_ + 1) + x0;
    const int32_t* lower = sums_.data() + y1 * (width_ + 1) + x0;
    return {upper, upper + box_width, lower, lower + box_width};
  }

 private:
  int64_t height_;
  int64_t width_;
  std::vector<int32_t> sums_;  // [H + 1, W + 1]: true pixels above and left of each corner
};

}  // namespace situ
