// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/models/grounding_dino/dino_features.h"
#include "situ/models/grounding_dino/dino_layers.h"
#include "situ/models/grounding_dino/fusion_layer.h"
#include "situ/models/grounding_dino/grounding_dino_config.h"

namespace situ {

/// The logit of numbers in [0, 1], which `kind` keeps finite.
at::Tensor reference_logit(const at::Tensor& x, ReferenceLogit kind);

/// One layer of the cross-modality decoder (Liu et al. 2023, 3.3), as GroundingDinoDecoderLayer.
class DecoderLayerImpl : public torch::nn::Module {
 public:
  explicit DecoderLayerImpl(const GroundingDinoConfig& config);

  /// queries and positions: [B, Q, D]; reference: float32 [B, Q, L, 4].
  at::Tensor forward(at::Tensor queries, const at::Tensor& positions, const at::Tensor& reference,
                     const FusionFeatures& features, const std::vector<FeatureLevel>& levels);

 private:
  DinoAttention self_attn_;
  torch::nn::LayerNorm self_attn_layer_norm_;
  DinoAttention encoder_attn_text_;
  torch::nn::LayerNorm encoder_attn_text_layer_norm_;
  DinoDeformableAttention encoder_attn_;
  torch::nn::LayerNorm encoder_attn_layer_norm_;
  Linear fc1_, fc2_;
  torch::nn::LayerNorm final_layer_norm_;
};
TORCH_MODULE(DecoderLayer);

/// Queries after the last layer and the references that their boxes are refined from.
struct DecodedQueries {
  at::Tensor queries;    // [B, Q, D], normalised
  at::Tensor reference;  // float32 [B, Q, 4], cxcywh in [0, 1]
};

/// The cross-modality decoder, as GroundingDinoDecoder, with boxes refined from layer to layer.
class BoxDecoderImpl : public torch::nn::Module {
 public:
  explicit BoxDecoderImpl(const GroundingDinoConfig& config);

  /// queries: [B, Q, D]; reference: float32 [B, Q, 4]; box_heads: one for each layer, or one for
  /// all.
  DecodedQueries forward(at::Tensor queries, at::Tensor reference, const FusionFeatures& features,
                         const ImageFeatures& image, TypedModuleList<PredictionHead>& box_heads);

 private:
  int64_t width_;
  ReferenceLogit reference_logit_;
  TypedModuleList<DecoderLayer> layers_;
  torch::nn::LayerNorm layer_norm_;
  PredictionHead reference_points_head_;
};
TORCH_MODULE(BoxDecoder);

}  // namespace situ
