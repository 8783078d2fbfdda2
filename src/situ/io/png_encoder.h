// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include "situ/io/image_file.h"

namespace situ {

/// The bytes of a PNG file; see save_png for `image`. Throws std::invalid_argument.
std::string encode_png(const at::Tensor& image);

/// See save_palette_png. Throws std::invalid_argument.
std::string encode_palette_png(const at::Tensor& indices, std::span<const RgbColor> palette);

}  // namespace situ
