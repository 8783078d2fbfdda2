// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// Sines (even places) and cosines (odd places) of `values` divided by temperature^(2 ⌊i / 2⌋ /
/// features): float32 [..] -> [.., features]. Source: "Attention is all you need", 3.5.
at::Tensor sine_embedding(const at::Tensor& values, std::int64_t features, double temperature);

/// Embeds coordinates in [0, 1] of 2π a unit with temperature 10000: float32 [.., n] -> [.., n *
/// features]; x and y change places, as in DETR.
at::Tensor coordinate_embedding(const at::Tensor& coordinates, std::int64_t features);

/// The place of each pixel of a feature map, counted in what is no padding: [B or 1, H * W,
/// features], rows first. padding: bool [B, H, W], true where there is no picture, or undefined.
at::Tensor image_positions(const at::Tensor& padding, std::int64_t height, std::int64_t width,
                           std::int64_t features, double temperature);

}  // namespace situ
