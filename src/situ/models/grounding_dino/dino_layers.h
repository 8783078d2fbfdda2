// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include "situ/nn/deformable_attention.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

// The layers that encoder and decoder of Grounding DINO share.

/// Layer normalisation over the last axis.
torch::nn::LayerNorm dino_layer_norm(int64_t width, double epsilon);

/// The layer in float32, whatever the dtype of its weights.
at::Tensor float_linear(const at::Tensor& x, Linear& layer);

/// x + fc2(relu(fc1(x))).
at::Tensor feed_forward(const at::Tensor& x, Linear& fc1, Linear& fc2);

/// Multi-head attention with a projection for each operand, as GroundingDinoMultiheadAttention.
class DinoAttentionImpl : public torch::nn::Module {
 public:
  DinoAttentionImpl(int64_t width, int64_t heads);

  /// queries: [B, Q, D]; keys and values: [B, K, D]; returns [B, Q, D].
  /// hidden: bool [B, 1 or Q, K], true where a query must not look; undefined: nowhere.
  at::Tensor forward(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                     const at::Tensor& hidden = {});

 private:
  int64_t heads_;
  Linear query_, key_, value_, out_proj_;
};
TORCH_MODULE(DinoAttention);

/// Attention to a few places of each feature map, as GroundingDinoMultiscaleDeformableAttention.
class DinoDeformableAttentionImpl : public torch::nn::Module {
 public:
  DinoDeformableAttentionImpl(int64_t width, int64_t heads, int64_t levels, int64_t points);

  /// The values of a picture, zero where `padding` (bool [B, N] or undefined): [B, heads, N, D /
  /// heads].
  at::Tensor values(const at::Tensor& features, const at::Tensor& padding);

  /// queries: [B, Q, D], with their positions; values: of the function above; reference: float32
  /// [B, Q, L, 2 or 4]; residual: [B, Q, D], added to what is seen; returns [B, Q, D].
  at::Tensor forward(const at::Tensor& queries, const at::Tensor& values,
                     const at::Tensor& reference, const std::vector<FeatureLevel>& levels,
                     const at::Tensor& residual);

 private:
  int64_t heads_, points_;
  Linear sampling_offsets_, attention_weights_, value_proj_, output_proj_;
};
TORCH_MODULE(DinoDeformableAttention);

/// Linear layers with ReLU between them, as GroundingDinoMLPPredictionHead.
class PredictionHeadImpl : public torch::nn::Module {
 public:
  PredictionHeadImpl(int64_t in_features, int64_t hidden, int64_t out_features, int64_t layers);

  /// float32, whatever the dtype of the weights: what comes out is about boxes.
  at::Tensor forward(at::Tensor x);

 private:
  TypedModuleList<Linear> layers_;
};
TORCH_MODULE(PredictionHead);

}  // namespace situ
