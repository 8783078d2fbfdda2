// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace situ {

/// The bytes of a PNG file; see save_png for `image`. Throws std::invalid_argument.
std::string encode_png(const at::Tensor& image);

}  // namespace situ
