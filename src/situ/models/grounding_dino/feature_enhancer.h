// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "situ/models/grounding_dino/dino_features.h"
#include "situ/models/grounding_dino/dino_layers.h"
#include "situ/models/grounding_dino/fusion_layer.h"
#include "situ/models/grounding_dino/grounding_dino_config.h"

namespace situ {

/// Self-attention within the phrases of a text, as GroundingDinoTextEnhancerLayer.
class TextEnhancerLayerImpl : public torch::nn::Module {
 public:
  explicit TextEnhancerLayerImpl(const GroundingDinoConfig& config);

  /// features: [B, T, D]; text: of the same text, for its positions and phrases.
  at::Tensor forward(const at::Tensor& features, const TextFeatures& text);

 private:
  DinoAttention self_attn_;
  Linear fc1_, fc2_;
  torch::nn::LayerNorm layer_norm_before_, layer_norm_after_;
};
TORCH_MODULE(TextEnhancerLayer);

/// Deformable self-attention over feature maps, as GroundingDinoDeformableLayer.
class DeformableLayerImpl : public torch::nn::Module {
 public:
  explicit DeformableLayerImpl(const GroundingDinoConfig& config);

  /// features: [B, N, D]; image: of the same picture, for its positions and levels.
  at::Tensor forward(const at::Tensor& features, const ImageFeatures& image);

 private:
  at::Tensor rows(const at::Tensor& features, const at::Tensor& values, const ImageFeatures& image,
                  int64_t first, int64_t count);

  DinoDeformableAttention self_attn_;
  torch::nn::LayerNorm self_attn_layer_norm_;
  Linear fc1_, fc2_;
  torch::nn::LayerNorm final_layer_norm_;
};
TORCH_MODULE(DeformableLayer);

/// Fusion, then each side on its own, as GroundingDinoEncoderLayer.
class EnhancerLayerImpl : public torch::nn::Module {
 public:
  explicit EnhancerLayerImpl(const GroundingDinoConfig& config);
  FusionFeatures forward(const FusionFeatures& features, const ImageFeatures& image,
                         const TextFeatures& text);

 private:
  TextEnhancerLayer text_enhancer_layer_;
  FusionLayer fusion_layer_;
  DeformableLayer deformable_layer_;
};
TORCH_MODULE(EnhancerLayer);

/// The feature enhancer of Grounding DINO (Liu et al. 2023, 3.1), as GroundingDinoEncoder.
class FeatureEnhancerImpl : public torch::nn::Module {
 public:
  explicit FeatureEnhancerImpl(const GroundingDinoConfig& config);

  /// Returns enhanced features of both sides. Picture and text have the same B.
  FusionFeatures forward(const ImageFeatures& image, const TextFeatures& text);

 private:
  TypedModuleList<EnhancerLayer> layers_;
};
TORCH_MODULE(FeatureEnhancer);

}  // namespace situ
