// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include "situ/nn/layers.h"

namespace situ {

struct FusionSizes {
  int64_t width = 256;       // of the features
  int64_t attention = 1024;  // of all heads
  int64_t heads = 4;
  double epsilon = 1e-5;  // of the norms
};

/// Features of a picture, [B, N, D], and of its text, [B, T, D], and what of them is padding: bool
/// [B, N] and [B, T], or undefined.
struct FusionFeatures {
  at::Tensor image = {}, text = {};
  at::Tensor image_padding = {}, text_padding = {};
};

/// The projections of GroundingDinoBiMultiHeadAttention; FusionLayer computes with them.
class BiAttentionImpl : public torch::nn::Module {
 public:
  explicit BiAttentionImpl(const FusionSizes& sizes);

  Linear vision_proj, text_proj, values_vision_proj, values_text_proj;
  Linear out_vision_proj, out_text_proj;
};
TORCH_MODULE(BiAttention);

/// Lets image and text see each other, as GroundingDinoFusionLayer, in float32.
///
/// Each head's scores are one product of queries (from N places, some 20,000) and keys (from T
/// tokens, some 5). Rather than project every place to all heads' queries and values, as the
/// original does, the few tokens are projected back to the picture's features: 10 to 50 times less
/// work for a short text, and never more.
class FusionLayerImpl : public torch::nn::Module {
 public:
  explicit FusionLayerImpl(const FusionSizes& sizes);

  /// Returns the new features; padding is passed on.
  FusionFeatures forward(const FusionFeatures& features);

 private:
  struct Weights {
    at::Tensor of_text;   // [B, heads, T, N]: sums to 1 over T
    at::Tensor of_image;  // [B, heads, T, N]: sums to 1 over N
  };
  Weights weights(const FusionFeatures& normalised) const;
  at::Tensor image_from_text(const FusionFeatures& normalised, const at::Tensor& weights) const;
  at::Tensor text_from_image(const FusionFeatures& normalised, const at::Tensor& weights) const;

  int64_t heads_;
  torch::nn::LayerNorm layer_norm_vision_, layer_norm_text_;
  BiAttention attn_;
  at::Tensor vision_param_, text_param_;
};
TORCH_MODULE(FusionLayer);

}  // namespace situ
