// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace situ {

/// A 3x3 convolution, padded by 1, of `input` enlarged twice by nearest neighbour, without making
/// the enlarged picture: each of the four kinds of output pixels sees only 2 x 2 different input
/// pixels, so sums of the kernel's taps do the same in 4/9 of the arithmetic. Equal up to the
/// rounding of those sums.
/// input: [B, C, H, W]; weight: [O, C, 3, 3]; bias: [O] or undefined; returns [B, O, 2H, 2W],
/// channels-last.
at::Tensor doubling_convolution(const at::Tensor& input, const at::Tensor& weight,
                                const at::Tensor& bias);

/// Whether that is worth its sums: on the CPU, for large pictures, where no gradients are recorded.
bool suits_doubling_convolution(const at::Tensor& input, const at::Tensor& weight);

}  // namespace situ
