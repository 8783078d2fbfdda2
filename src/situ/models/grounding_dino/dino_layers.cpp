// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/dino_layers.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "situ/nn/attention.h"

namespace situ {
namespace {

// [B, T, D] -> [B, heads, T, D / heads]
at::Tensor split_heads(const at::Tensor& x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

// Captions are short: what is hidden costs less than a kernel for it. A large number is subtracted
// rather than infinity, as transformers does, so that a row that sees nothing has a mean.
at::Tensor attention_with_hidden(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 int64_t heads, const at::Tensor& hidden) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(2) / heads));
  const at::Tensor keys = split_heads(k, heads).to(at::kFloat).transpose(-1, -2);
  at::Tensor scores = split_heads(q, heads).to(at::kFloat).matmul(keys) * scale;  // [B, h, Q, K]
  scores += hidden.unsqueeze(1).to(at::kFloat) * std::numeric_limits<float>::lowest();
  const at::Tensor seen = scores.softmax(-1).matmul(split_heads(v, heads).to(at::kFloat));
  return seen.transpose(1, 2).reshape(q.sizes()).to(q.scalar_type());
}

}  // namespace

torch::nn::LayerNorm dino_layer_norm(int64_t width, double epsilon) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(epsilon));
}

at::Tensor float_linear(const at::Tensor& x, Linear& layer) {
  return linear(x.to(at::kFloat), layer->weight.to(at::kFloat), layer->bias.to(at::kFloat));
}

at::Tensor feed_forward(const at::Tensor& x, Linear& fc1, Linear& fc2) {
  return linear_plus(linear_relu(x, fc1->weight, fc1->bias), fc2->weight, fc2->bias, x);
}

DinoAttentionImpl::DinoAttentionImpl(int64_t width, int64_t heads)
    : heads_(heads),
      query_(register_module("query", Linear(width, width))),
      key_(register_module("key", Linear(width, width))),
      value_(register_module("value", Linear(width, width))),
      out_proj_(register_module("out_proj", Linear(width, width))) {}

at::Tensor DinoAttentionImpl::forward(const at::Tensor& queries, const at::Tensor& keys,
                                      const at::Tensor& values, const at::Tensor& hidden) {
  const at::Tensor q = query_(queries), k = key_(keys), v = value_(values);
  return out_proj_(hidden.defined() ? attention_with_hidden(q, k, v, heads_, hidden)
                                    : multi_head_attention(q, k, v, heads_));
}

DinoDeformableAttentionImpl::DinoDeformableAttentionImpl(int64_t width, int64_t heads,
                                                         int64_t levels, int64_t points)
    : heads_(heads),
      points_(points),
      sampling_offsets_(
          register_module("sampling_offsets", Linear(width, heads * levels * points * 2))),
      attention_weights_(
          register_module("attention_weights", Linear(width, heads * levels * points))),
      value_proj_(register_module("value_proj", Linear(width, width))),
      output_proj_(register_module("output_proj", Linear(width, width))) {}

at::Tensor DinoDeformableAttentionImpl::values(const at::Tensor& features,
                                               const at::Tensor& padding) {
  at::Tensor values = value_proj_(features);
  if (padding.defined()) values = values.masked_fill(padding.unsqueeze(-1), 0);
  return split_heads(values, heads_).contiguous();
}

at::Tensor DinoDeformableAttentionImpl::forward(const at::Tensor& queries, const at::Tensor& values,
                                                const at::Tensor& reference,
                                                const std::vector<FeatureLevel>& levels,
                                                const at::Tensor& residual) {
  const at::Tensor seen = deformable_attention({.value = values,
                                                .offsets = sampling_offsets_(queries),
                                                .scores = attention_weights_(queries),
                                                .reference = reference,
                                                .levels = levels,
                                                .points = points_});
  return linear_plus(seen, output_proj_->weight, output_proj_->bias, residual);
}

PredictionHeadImpl::PredictionHeadImpl(int64_t in_features, int64_t hidden, int64_t out_features,
                                       int64_t layers)
    : layers_(*this, "layers") {
  for (int64_t i = 0; i < layers; ++i) {
    layers_.append(Linear(i == 0 ? in_features : hidden, i == layers - 1 ? out_features : hidden));
  }
}

at::Tensor PredictionHeadImpl::forward(at::Tensor x) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = float_linear(x, layers_[i]);
    if (i + 1 < layers_.size()) x.relu_();
  }
  return x;
}

}  // namespace situ
