// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

enum class AttentionMask { kNone, kCausal };

/// Multi-head scaled dot-product attention, softmax(q kᵀ / √d) v for each head, d = D / heads.
/// q: [B, T, D]; k and v: [B, S, D]; returns [B, T, D]. Source: "Attention is all you need", 3.2.
at::Tensor multi_head_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                std::int64_t heads, AttentionMask mask = AttentionMask::kNone);

/// Attention with a bias: softmax(q kᵀ / √d + bias) v. bias: [N, heads, T, S], where picture b of
/// the batch takes b % N (the windows of one picture, for all pictures). Shapes and dtypes as
/// above; the bias may be of any floating dtype, and counts as float32 where the kernel runs.
at::Tensor biased_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            std::int64_t heads, const at::Tensor& bias);

}  // namespace situ
