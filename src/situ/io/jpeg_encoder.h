// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace situ {

/// The bytes of a JPEG file; see save_jpeg. Throws std::invalid_argument.
std::string encode_jpeg(const at::Tensor& image, int quality);

}  // namespace situ
