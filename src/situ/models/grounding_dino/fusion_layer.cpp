// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/fusion_layer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "situ/models/grounding_dino/dino_layers.h"

namespace situ {
namespace {

constexpr double kLargestScore = 50000;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// [heads * d, D] -> float32 [heads, d, D]
at::Tensor by_head(const at::Tensor& weight, int64_t heads) {
  return weight.to(at::kFloat).view({heads, -1, weight.size(1)});
}

// [B, T, heads * d] -> [B, heads, T, d]
at::Tensor split_heads(const at::Tensor& x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

// Picture by picture, x: [B, N, K], weight: [B, M, K], bias: [B, M] or [M]; returns [B, N, M].
at::Tensor linear_each(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  std::vector<at::Tensor> results;
  for (int64_t b = 0; b < x.size(0); ++b) {
    const at::Tensor own_bias = bias.dim() == 2 ? bias[b] : bias;
    results.push_back(linear(x[b], weight[b].contiguous(), own_bias));
  }
  return results.size() == 1 ? results[0].unsqueeze(0) : at::stack(results);
}

// bool [B, X] in the shape of scores.
at::Tensor over_image(const at::Tensor& padding) { return padding.unsqueeze(1).unsqueeze(1); }
at::Tensor over_text(const at::Tensor& padding) { return padding.unsqueeze(1).unsqueeze(-1); }

}  // namespace

BiAttentionImpl::BiAttentionImpl(const FusionSizes& sizes)
    : vision_proj(register_module("vision_proj", Linear(sizes.width, sizes.attention))),
      text_proj(register_module("text_proj", Linear(sizes.width, sizes.attention))),
      values_vision_proj(
          register_module("values_vision_proj", Linear(sizes.width, sizes.attention))),
      values_text_proj(register_module("values_text_proj", Linear(sizes.width, sizes.attention))),
      out_vision_proj(register_module("out_vision_proj", Linear(sizes.attention, sizes.width))),
      out_text_proj(register_module("out_text_proj", Linear(sizes.attention, sizes.width))) {}

FusionLayerImpl::FusionLayerImpl(const FusionSizes& sizes)
    : heads_(sizes.heads),
      layer_norm_vision_(
          register_module("layer_norm_vision", dino_layer_norm(sizes.width, sizes.epsilon))),
      layer_norm_text_(
          register_module("layer_norm_text", dino_layer_norm(sizes.width, sizes.epsilon))),
      attn_(register_module("attn", BiAttention(sizes))),
      vision_param_(register_parameter("vision_param", at::full({sizes.width}, 1e-4))),
      text_param_(register_parameter("text_param", at::full({sizes.width}, 1e-4))) {}

FusionFeatures FusionLayerImpl::forward(const FusionFeatures& features) {
  // Upstream's residual branches start behind the norms, too.
  FusionFeatures normalised = features;
  normalised.image = layer_norm_vision_(features.image).to(at::kFloat);
  normalised.text = layer_norm_text_(features.text).to(at::kFloat);
  const Weights weights = this->weights(normalised);
  FusionFeatures fused = features;
  fused.image = image_from_text(normalised, weights.of_text).to(features.image.scalar_type());
  fused.text = text_from_image(normalised, weights.of_image).to(features.text.scalar_type());
  return fused;
}

// (v Wqᵀ + bq) · k = v · (Wqᵀ k) + bq · k, the right side for T tokens rather than N places.
FusionLayerImpl::Weights FusionLayerImpl::weights(const FusionFeatures& normalised) const {
  BiAttentionImpl& attn = *attn_.ptr();
  const at::Tensor keys = split_heads(float_linear(normalised.text, attn.text_proj), heads_);
  const int64_t batch = keys.size(0), tokens = keys.size(2), head_size = keys.size(3);
  const double scale = 1 / std::sqrt(static_cast<double>(head_size));
  const at::Tensor back = keys.matmul(by_head(attn.vision_proj->weight, heads_)) * scale;
  const at::Tensor bias = attn.vision_proj->bias.to(at::kFloat).view({1, heads_, 1, head_size});
  at::Tensor scores = linear_each(normalised.image, back.view({batch, heads_ * tokens, -1}),
                                  (keys * bias).sum(-1).mul_(scale).view({batch, -1}));
  scores = scores.transpose(1, 2).contiguous().view({batch, heads_, tokens, -1});
  scores.sub_(scores.max()).clamp_(-kLargestScore, kLargestScore);
  at::Tensor of_image = scores - scores.amax(-1, /*keepdim=*/true);
  of_image.clamp_(-kLargestScore, kLargestScore);
  if (normalised.image_padding.defined()) {
    of_image.masked_fill_(over_image(normalised.image_padding), kMinusInfinity);
  }
  if (normalised.text_padding.defined()) {
    scores.masked_fill_(over_text(normalised.text_padding), kMinusInfinity);
  }
  return {.of_text = scores.softmax(2), .of_image = of_image.softmax(3)};
}

// Σ over heads of (weights · values) Woᵀ = weights · (values Woᵀ).
at::Tensor FusionLayerImpl::image_from_text(const FusionFeatures& normalised,
                                            const at::Tensor& weights) const {
  BiAttentionImpl& attn = *attn_.ptr();
  const at::Tensor values =
      split_heads(float_linear(normalised.text, attn.values_text_proj), heads_);  // [B, h, T, d]
  const at::Tensor out = by_head(attn.out_vision_proj->weight.t().contiguous(), heads_);
  const at::Tensor share = vision_param_.to(at::kFloat);
  const at::Tensor projected = values.matmul(out) * share;  // [B, h, T, D]
  const int64_t batch = weights.size(0), places = weights.size(3);
  return linear_each(weights.view({batch, -1, places}).transpose(1, 2).contiguous(),
                     projected.view({batch, -1, projected.size(3)}).transpose(1, 2),
                     attn.out_vision_proj->bias.to(at::kFloat) * share)
      .add_(normalised.image);
}

// weights · (v Wvᵀ + bv) = (weights · v) Wvᵀ + bv, for the weights sum to 1.
at::Tensor FusionLayerImpl::text_from_image(const FusionFeatures& normalised,
                                            const at::Tensor& weights) const {
  BiAttentionImpl& attn = *attn_.ptr();
  const int64_t batch = weights.size(0), tokens = weights.size(2);
  const at::Tensor seen =
      weights.view({batch, heads_ * tokens, -1}).bmm(normalised.image);  // [B, heads * T, D]
  const at::Tensor values =
      seen.view({batch, heads_, tokens, -1})
          .matmul(by_head(attn.values_vision_proj->weight, heads_).transpose(1, 2));
  const at::Tensor joined = values.transpose(1, 2).reshape({batch, tokens, -1}) +
                            attn.values_vision_proj->bias.to(at::kFloat);  // [B, T, heads * d]
  return normalised.text + float_linear(joined, attn.out_text_proj) * text_param_.to(at::kFloat);
}

}  // namespace situ
