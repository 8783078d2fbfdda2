// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/box_decoder.h"

#include <ATen/ATen.h>

#include "situ/models/grounding_dino/sine_positions.h"

namespace situ {

at::Tensor reference_logit(const at::Tensor& x, ReferenceLogit kind) {
  if (kind == ReferenceLogit::kTransformers) return at::logit(x, 1e-5);
  constexpr double kSmallest = 1e-3;
  const at::Tensor clamped = x.clamp(0, 1);
  return at::log(clamped.clamp_min(kSmallest) / (1 - clamped).clamp_min(kSmallest));
}

DecoderLayerImpl::DecoderLayerImpl(const GroundingDinoConfig& config)
    : self_attn_(register_module("self_attn",
                                 DinoAttention(config.d_model, config.decoder_attention_heads))),
      self_attn_layer_norm_(register_module(
          "self_attn_layer_norm", dino_layer_norm(config.d_model, config.layer_norm_eps))),
      encoder_attn_text_(register_module(
          "encoder_attn_text", DinoAttention(config.d_model, config.decoder_attention_heads))),
      encoder_attn_text_layer_norm_(register_module(
          "encoder_attn_text_layer_norm", dino_layer_norm(config.d_model, config.layer_norm_eps))),
      encoder_attn_(register_module(
          "encoder_attn",
          DinoDeformableAttention(config.d_model, config.decoder_attention_heads,
                                  config.num_feature_levels, config.decoder_n_points))),
      encoder_attn_layer_norm_(register_module(
          "encoder_attn_layer_norm", dino_layer_norm(config.d_model, config.layer_norm_eps))),
      fc1_(register_module("fc1", Linear(config.d_model, config.decoder_ffn_dim))),
      fc2_(register_module("fc2", Linear(config.decoder_ffn_dim, config.d_model))),
      final_layer_norm_(register_module("final_layer_norm",
                                        dino_layer_norm(config.d_model, config.layer_norm_eps))) {}

at::Tensor DecoderLayerImpl::forward(at::Tensor queries, const at::Tensor& positions,
                                     const at::Tensor& reference, const FusionFeatures& features,
                                     const std::vector<FeatureLevel>& levels) {
  const at::Tensor placed = queries + positions;
  queries = self_attn_layer_norm_(queries + self_attn_(placed, placed, queries));
  const at::Tensor hidden =
      features.text_padding.defined() ? features.text_padding.unsqueeze(1) : at::Tensor();
  queries = encoder_attn_text_layer_norm_(
      queries + encoder_attn_text_(queries + positions, features.text, features.text, hidden));
  const at::Tensor values = encoder_attn_->values(features.image, features.image_padding);
  queries = encoder_attn_layer_norm_(
      encoder_attn_(queries + positions, values, reference, levels, queries));
  return final_layer_norm_(feed_forward(queries, fc1_, fc2_));
}

BoxDecoderImpl::BoxDecoderImpl(const GroundingDinoConfig& config)
    : width_(config.d_model),
      reference_logit_(config.reference_logit),
      layers_(*this, "layers"),
      layer_norm_(
          register_module("layer_norm", dino_layer_norm(config.d_model, config.layer_norm_eps))),
      reference_points_head_(
          register_module("reference_points_head",
                          PredictionHead(2 * config.d_model, config.d_model, config.d_model, 2))) {
  for (int64_t i = 0; i < config.decoder_layers; ++i) layers_.append(DecoderLayer(config));
}

DecodedQueries BoxDecoderImpl::forward(at::Tensor queries, at::Tensor reference,
                                       const FusionFeatures& features, const ImageFeatures& image,
                                       TypedModuleList<PredictionHead>& box_heads) {
  const at::Tensor ratios = at::cat({image.valid_ratios, image.valid_ratios}, -1).unsqueeze(1);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const at::Tensor in_levels = reference.unsqueeze(2) * ratios;  // [B, Q, L, 4]
    const at::Tensor positions =
        reference_points_head_(coordinate_embedding(in_levels.select(2, 0), width_ / 2));
    queries =
        layers_[i](queries, positions.to(queries.scalar_type()), in_levels, features, image.levels);
    if (i + 1 == layers_.size()) break;  // the last box is refined from the reference that came in
    PredictionHead& head = box_heads[box_heads.size() == 1 ? 0 : i];
    reference = at::sigmoid(head(queries) + reference_logit(reference, reference_logit_));
  }
  return {.queries = layer_norm_(queries), .reference = reference};
}

}  // namespace situ
