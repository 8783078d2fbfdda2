// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace situ {

/// Throws std::invalid_argument unless `tensor` has the shape. A number must match; a name stands
/// for any size of 1 or more, and the same name twice for the same size:
///   check_shape(mask, {"H", "W"}, "blend: mask");   check_shape(image, {"3", "H", "W"}, "…");
/// The message reads "blend: mask: expected [H, W], got [4, 4, 3]".
void check_shape(const at::Tensor& tensor, std::initializer_list<std::string_view> shape,
                 std::string_view where);

/// Throws std::invalid_argument unless `tensor` has the dtype.
void check_dtype(const at::Tensor& tensor, at::ScalarType dtype, std::string_view where);

/// Throws std::invalid_argument unless `image` is uint8 [3, H, W].
void check_image(const at::Tensor& image, std::string_view where);

/// Throws std::invalid_argument unless `mask` is bool [H, W].
void check_mask(const at::Tensor& mask, std::string_view where);

/// "[3, 480, 640]"
std::string shape_text(const at::Tensor& tensor);

}  // namespace situ
