// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// Gaussian blur with a kernel cut at `radius_px` on either side and normalised. Beyond the border
/// the values are mirrored without repeating the edge (OpenCV's BORDER_REFLECT_101). values: double
/// [H, W]; returns the same shape. Sums in OpenCV's order: rows from left to right, then columns
/// from the middle outwards. Throws std::invalid_argument unless sigma_px > 0, radius_px >= 0.
at::Tensor gaussian_blur(const at::Tensor& values, double sigma_px, int64_t radius_px);

}  // namespace situ
