// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// The resampling filters of Pillow, by its names.
enum class Interpolation { kNearest, kBilinear, kBicubic, kLanczos };

/// Returns the image at another size, equal in every bit to Image.resize of Pillow before version
/// 13: the filters widen when shrinking, and the rows are filtered to 8 bits before the columns
/// are. (Pillow 13 takes the columns first when the height shrinks much more than the width; a size
/// scaled alike along both axes comes out the same.)
///
/// image: uint8 [C, H, W] or [H, W]; the result has the same rank. An equal size gives a copy.
/// Throws std::invalid_argument for other tensors and for sizes outside 1..2^24.
at::Tensor resize(const at::Tensor& image, int64_t height, int64_t width,
                  Interpolation interpolation);

}  // namespace situ
