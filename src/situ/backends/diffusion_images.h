// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

// Pictures as files have them, and as diffusion networks take and give them. Resizing is Pillow's
// LANCZOS, as in diffusers' image processor.

/// uint8 [3, H, W] -> float [1, 3, height, width] in [-1, 1].
at::Tensor model_image(const at::Tensor& image, int64_t height, int64_t width);

/// uint8 [H, W] -> float [1, 1, height, width], 1 where the resized mask is half of 255 or more.
at::Tensor model_mask(const at::Tensor& mask, int64_t height, int64_t width);

/// float [1, 3, H, W], about [-1, 1] -> uint8 [3, H, W]. Throws std::runtime_error for a picture of
/// one colour, which a working model does not give.
at::Tensor picture_from(const at::Tensor& decoded);

}  // namespace situ
