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

}  // namespace situ
