// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace situ {

/// A picture for an <img> of a page that needs no other file, at most `width` pixels wide.
/// image: uint8 [3, H, W].
std::string picture_data(const at::Tensor& image, int64_t width);

}  // namespace situ
