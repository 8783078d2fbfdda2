// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace situ {

/// Returns where a label picture has one of the ids, bool [H, W]. labels: uint8 or int32 [H, W] on
/// the host. Ids that the type cannot hold are found nowhere. Throws std::invalid_argument for
/// another tensor.
at::Tensor pixels_with(const at::Tensor& labels, std::span<const int64_t> ids);

}  // namespace situ
