// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// Self-attention within windows of a grid of tokens, with decomposed relative positions (Li et al.
/// 2022, "MViTv2"): softmax(q kᵀ / √d + q · rows[yq - yk + s - 1] + q · columns[xq - xk + s - 1]) v
/// in each window of s x s tokens and each head, d = D / heads.
/// qkv: [B, H, W, 3 D]; padding: [3 D], the tokens of windows that reach over the right and bottom;
/// rows, columns: [2 s - 1, d]. Returns [B, H, W, D]. Scores and bias are never held as a whole.
/// Throws std::invalid_argument for other shapes.
at::Tensor relative_window_attention(const at::Tensor& qkv, const at::Tensor& padding,
                                     std::int64_t heads, const at::Tensor& rows,
                                     const at::Tensor& columns);

}  // namespace situ
