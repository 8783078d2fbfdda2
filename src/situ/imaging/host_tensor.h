// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

namespace situ {

/// Returns `mask` itself, or a contiguous copy where it is strided.
/// Throws std::invalid_argument unless it is bool [H, W] in host memory.
at::Tensor contiguous_host_mask(const at::Tensor& mask, std::string_view where);

/// Throws std::invalid_argument unless `tensor` lies in host memory.
void check_host(const at::Tensor& tensor, std::string_view where);

}  // namespace situ
