// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "situ/imaging/box.h"

namespace situ {

/// The summed-area table of a mask: counts the true pixels of any box in constant time.
/// Copies share the table, which never changes.
class IntegralImage {
 public:
  /// mask: bool [H, W]. Throws std::invalid_argument for any other tensor or 2^32 pixels and more.
  explicit IntegralImage(const at::Tensor& mask);

  /// The number of true pixels in the part of `box` that lies inside the image.
  int64_t count(const Box& box) const;

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

 private:
  int64_t height_ = 0;
  int64_t width_ = 0;
  at::Tensor table_;  // int32 [H+1, W+1]: pixels above and left, modulo 2^32
  const uint32_t* sums_ = nullptr;
};

}  // namespace situ
