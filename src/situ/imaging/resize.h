// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

enum class Interpolation { kNearest, kBilinear, kBicubic, kLanczos };

/// The image in another size, bit for bit as Pillow's `Image.resize` gives it (antialiased when it
/// shrinks, horizontal pass first, each pass rounded to 8 bits).
/// image: uint8 [C, H, W] or [H, W]; returns the same number of axes. Throws std::invalid_argument
/// for another dtype, an empty image or a size below 1.
at::Tensor resize(const at::Tensor& image, int64_t height, int64_t width,
                  Interpolation interpolation);

}  // namespace situ
