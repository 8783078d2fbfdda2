// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/attention.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/nn/attention_kernel.h"
#include "situ/nn/layers.h"

namespace situ {
namespace {

at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

// bias: [B, heads, T, S] of q's dtype, or undefined.
at::Tensor portable_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                              std::int64_t heads, AttentionMask mask, const at::Tensor& bias = {}) {
  const std::optional<at::Tensor> added = bias.defined() ? std::optional(bias) : std::nullopt;
  const at::Tensor attended = at::scaled_dot_product_attention(
      split_heads(q, heads), split_heads(k, heads), split_heads(v, heads), added,
      /*dropout_p=*/0.0, /*is_causal=*/mask == AttentionMask::kCausal);  // [B, heads, T, d]
  return attended.transpose(1, 2).reshape({q.size(0), q.size(1), q.size(2)});
}

// Heads too wide for the kernel, as the autoencoder has: two products and a softmax, a block of
// queries at a time, with scores in float32. q: [T, d]; k and v: [S, d].
at::Tensor wide_head_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  constexpr std::int64_t kQueries = 1024;
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(1)));
  const at::Tensor keys = k.to(at::kFloat).mul(scale);
  const at::Tensor values = v.transpose(0, 1).contiguous();  // [d, S]
  std::vector<at::Tensor> attended;
  for (const at::Tensor& queries : q.split(kQueries)) {
    const at::Tensor weights = situ::linear(queries.to(at::kFloat), keys).softmax(-1);
    attended.push_back(situ::linear(weights.to(v.scalar_type()), values));
  }
  return at::cat(attended);
}

at::Tensor wide_heads_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                std::int64_t heads) {
  const at::Tensor out = at::empty(q.sizes(), q.options());
  const std::int64_t d = q.size(2) / heads;
  for (std::int64_t b = 0; b < q.size(0); ++b) {
    for (std::int64_t h = 0; h < heads; ++h) {
      const auto head = [&](const at::Tensor& x) { return x[b].narrow(1, h * d, d); };
      head(out).copy_(wide_head_attention(head(q), head(k), head(v)));
    }
  }
  return out;
}

bool records_gradients(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  return c10::GradMode::is_enabled() &&
         (q.requires_grad() || k.requires_grad() || v.requires_grad());
}

// What our own ways take: plain attention on the CPU.
bool is_plain(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, AttentionMask mask) {
  const bool one_kind = q.scalar_type() == k.scalar_type() && q.scalar_type() == v.scalar_type();
  const bool known = q.scalar_type() == at::kFloat || q.scalar_type() == at::kBFloat16;
  const bool on_cpu = q.is_cpu() && k.is_cpu() && v.is_cpu();
  return one_kind && known && on_cpu && mask == AttentionMask::kNone && q.numel() > 0 &&
         k.numel() > 0 && !records_gradients(q, k, v);
}

// The kernel that takes these operands, or nullptr.
const AttentionKernel* kernel_for(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  if (q.stride(2) != 1 || k.stride(2) != 1 || v.stride(2) != 1) return nullptr;
  return attention_kernel(q.scalar_type() == at::kFloat ? AttentionElement::kFloat32
                                                        : AttentionElement::kBFloat16);
}

AttentionOperand operand(const at::Tensor& x) {
  return {.data = x.const_data_ptr(), .batch_stride = x.stride(0), .row_stride = x.stride(1)};
}

at::Tensor kernel_attention(const AttentionKernel& kernel, const at::Tensor& q, const at::Tensor& k,
                            const at::Tensor& v, std::int64_t heads,
                            const AttentionBias& bias = {}) {
  const at::Tensor out = at::empty(q.sizes(), q.options());
  const std::int64_t head_size = q.size(2) / heads;
  const AttentionProblem problem{.q = operand(q),
                                 .k = operand(k),
                                 .v = operand(v),
                                 .out = out.data_ptr(),
                                 .batch = q.size(0),
                                 .queries = q.size(1),
                                 .keys = k.size(1),
                                 .heads = heads,
                                 .head_size = head_size,
                                 .scale = 1 / std::sqrt(static_cast<float>(head_size)),
                                 .bias = bias};
  run_attention(kernel, problem);
  return out;
}

// The kernel, where bias and operands are what it takes.
const AttentionKernel* biased_kernel_for(const at::Tensor& q, const at::Tensor& k,
                                         const at::Tensor& v, std::int64_t heads,
                                         const at::Tensor& bias) {
  const bool taken = is_plain(q, k, v, AttentionMask::kNone) && bias.is_cpu() &&
                     !(c10::GradMode::is_enabled() && bias.requires_grad()) &&
                     q.size(2) / heads <= AttentionKernel::kMaxHeadSize;
  return taken ? kernel_for(q, k, v) : nullptr;
}

}  // namespace

at::Tensor biased_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            std::int64_t heads, const at::Tensor& bias) {
  check_shape(bias,
              {"N", std::to_string(heads), std::to_string(q.size(1)), std::to_string(k.size(1))},
              "biased_attention: bias");
  const std::int64_t shared = bias.size(0);
  if (q.size(0) % shared != 0) {
    throw std::invalid_argument("biased_attention: " + std::to_string(shared) +
                                " biases do not fit a batch of " + std::to_string(q.size(0)));
  }
  if (const AttentionKernel* kernel = biased_kernel_for(q, k, v, heads, bias)) {
    const at::Tensor dense = bias.to(at::kFloat).contiguous();
    return kernel_attention(*kernel, q, k, v, heads,
                            {.dense = dense.const_data_ptr<float>(), .dense_batch = shared});
  }
  return portable_attention(q, k, v, heads, AttentionMask::kNone,
                            bias.to(q.scalar_type()).repeat({q.size(0) / shared, 1, 1, 1}));
}

at::Tensor multi_head_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                std::int64_t heads, AttentionMask mask) {
  if (is_plain(q, k, v, mask)) {
    const bool wide = q.size(2) / heads > AttentionKernel::kMaxHeadSize;
    if (wide) return wide_heads_attention(q, k, v, heads);
    if (const AttentionKernel* kernel = kernel_for(q, k, v)) {
      return kernel_attention(*kernel, q, k, v, heads);
    }
  }
  return portable_attention(q, k, v, heads, mask);
}

}  // namespace situ
