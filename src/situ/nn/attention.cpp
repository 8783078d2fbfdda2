// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/attention.h"

#include <ATen/ATen.h>

namespace situ {
namespace {

at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

}  // namespace

at::Tensor multi_head_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                std::int64_t heads, AttentionMask mask) {
  const at::Tensor attended = at::scaled_dot_product_attention(
      split_heads(q, heads), split_heads(k, heads), split_heads(v, heads), /*attn_mask=*/{},
      /*dropout_p=*/0.0, /*is_causal=*/mask == AttentionMask::kCausal);  // [B, heads, T, d]
  return attended.transpose(1, 2).reshape({q.size(0), q.size(1), q.size(2)});
}

}  // namespace situ
