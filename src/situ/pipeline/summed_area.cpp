// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/summed_area.h"

#include <limits>
#include <stdexcept>

#include "situ/core/tensor_check.h"

namespace situ {

SummedArea::SummedArea(const at::Tensor& mask) {
  check_mask(mask, "SummedArea: mask");
  height_ = mask.size(0);
  width_ = mask.size(1);
  if (mask.numel() >= std::numeric_limits<int32_t>::max()) {
    throw std::invalid_argument("SummedArea: expected fewer than 2^31 pixels, got " +
                                shape_text(mask));
  }
  const at::Tensor contiguous = mask.contiguous();
  const auto* pixels = reinterpret_cast<const uint8_t*>(contiguous.const_data_ptr<bool>());
  sums_.resize(static_cast<size_t>((height_ + 1) * (width_ + 1)));
  for (int64_t y = 0; y < height_; ++y) {
    const uint8_t* row = pixels + y * width_;
    const int32_t* above = sums_.data() + y * (width_ + 1) + 1;
    int32_t* sums = sums_.data() + (y + 1) * (width_ + 1) + 1;
    int32_t in_row = 0;
    for (int64_t x = 0; x < width_; ++x) {
      in_row += row[x];
      sums[x] = above[x] + in_row;
    }
  }
}

}  // namespace situ
