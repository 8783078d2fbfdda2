// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// Returns the values smoothed with exp(-d^2 / (2 sigma^2)), |d| <= radius, scaled to sum 1, along
/// the rows and then along the columns. Outside, the image is mirrored about its border pixels
/// (reflect 101), as often as a radius larger than the image needs. values: float64 [H, W], finite.
/// Radius 0 gives a copy. Throws std::invalid_argument for any other tensor, a negative radius, or
/// a sigma that is not a positive number while the radius is positive.
at::Tensor gaussian_blur(const at::Tensor& values, double sigma_px, int64_t radius_px);

}  // namespace situ
