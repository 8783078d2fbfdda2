// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace situ {

/// Returns a mask as Label Studio stores what a brush painted: the bytes of its run-length code of
/// an RGBA picture, 255 in every channel of true pixels. mask: bool [H, W] on the host; throws
/// std::invalid_argument for anything else and for 2^30 pixels and more. Source:
/// label_studio_sdk.converter.brush.
std::vector<uint8_t> brush_run_length(const at::Tensor& mask);

}  // namespace situ
