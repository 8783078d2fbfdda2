// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/feature_enhancer.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace situ {
namespace {

// Places whose hidden layers (2048 numbers each) are in memory together on the CPU: few enough to
// stay in its caches, enough to keep its cores busy.
constexpr int64_t kRowsAtOnce = 2048;

FusionSizes fusion_sizes(const GroundingDinoConfig& config) {
  return {.width = config.d_model,
          .attention = config.encoder_ffn_dim / 2,
          .heads = config.encoder_attention_heads / 2,
          .epsilon = config.layer_norm_eps};
}

}  // namespace

TextEnhancerLayerImpl::TextEnhancerLayerImpl(const GroundingDinoConfig& config)
    : self_attn_(register_module(
          "self_attn", DinoAttention(config.d_model, config.encoder_attention_heads / 2))),
      fc1_(register_module("fc1", Linear(config.d_model, config.encoder_ffn_dim / 2))),
      fc2_(register_module("fc2", Linear(config.encoder_ffn_dim / 2, config.d_model))),
      layer_norm_before_(register_module("layer_norm_before",
                                         dino_layer_norm(config.d_model, config.layer_norm_eps))),
      layer_norm_after_(register_module("layer_norm_after",
                                        dino_layer_norm(config.d_model, config.layer_norm_eps))) {}

at::Tensor TextEnhancerLayerImpl::forward(const at::Tensor& features, const TextFeatures& text) {
  const at::Tensor placed = features + text.positions;
  const at::Tensor seen =
      layer_norm_before_(features + self_attn_(placed, placed, features, text.hidden));
  return layer_norm_after_(feed_forward(seen, fc1_, fc2_));
}

DeformableLayerImpl::DeformableLayerImpl(const GroundingDinoConfig& config)
    : self_attn_(register_module(
          "self_attn",
          DinoDeformableAttention(config.d_model, config.encoder_attention_heads,
                                  config.num_feature_levels, config.encoder_n_points))),
      self_attn_layer_norm_(register_module(
          "self_attn_layer_norm", dino_layer_norm(config.d_model, config.layer_norm_eps))),
      fc1_(register_module("fc1", Linear(config.d_model, config.encoder_ffn_dim))),
      fc2_(register_module("fc2", Linear(config.encoder_ffn_dim, config.d_model))),
      final_layer_norm_(register_module("final_layer_norm",
                                        dino_layer_norm(config.d_model, config.layer_norm_eps))) {}

at::Tensor DeformableLayerImpl::forward(const at::Tensor& features, const ImageFeatures& image) {
  const at::Tensor values = self_attn_->values(features, image.padding);
  const int64_t places = features.size(1);
  if (!features.is_cpu() || features.size(0) > 1) return rows(features, values, image, 0, places);
  const at::Tensor out = at::empty_like(features);
  for (int64_t first = 0; first < places; first += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, places - first);
    out.narrow(1, first, count).copy_(rows(features, values, image, first, count));
  }
  return out;
}

at::Tensor DeformableLayerImpl::rows(const at::Tensor& features, const at::Tensor& values,
                                     const ImageFeatures& image, int64_t first, int64_t count) {
  const at::Tensor x = features.narrow(1, first, count);
  const at::Tensor placed = x + image.positions.narrow(1, first, count);
  const at::Tensor seen = self_attn_layer_norm_(
      self_attn_(placed, values, image.reference.narrow(1, first, count), image.levels, x));
  return final_layer_norm_(feed_forward(seen, fc1_, fc2_));
}

EnhancerLayerImpl::EnhancerLayerImpl(const GroundingDinoConfig& config)
    : text_enhancer_layer_(register_module("text_enhancer_layer", TextEnhancerLayer(config))),
      fusion_layer_(register_module("fusion_layer", FusionLayer(fusion_sizes(config)))),
      deformable_layer_(register_module("deformable_layer", DeformableLayer(config))) {}

FusionFeatures EnhancerLayerImpl::forward(const FusionFeatures& features,
                                          const ImageFeatures& image, const TextFeatures& text) {
  FusionFeatures fused = fusion_layer_(features);
  fused.text = text_enhancer_layer_(fused.text, text);
  fused.image = deformable_layer_(fused.image, image);
  return fused;
}

FeatureEnhancerImpl::FeatureEnhancerImpl(const GroundingDinoConfig& config)
    : layers_(*this, "layers") {
  for (int64_t i = 0; i < config.encoder_layers; ++i) layers_.append(EnhancerLayer(config));
}

FusionFeatures FeatureEnhancerImpl::forward(const ImageFeatures& image, const TextFeatures& text) {
  FusionFeatures features{.image = image.features,
                          .text = text.features,
                          .image_padding = image.padding,
                          .text_padding = text.padding};
  for (EnhancerLayer& layer : layers_) features = layer(features, image, text);
  return features;
}

}  // namespace situ
