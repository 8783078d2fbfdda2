// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include "situ/models/grounding_dino/dino_features.h"
#include "situ/models/grounding_dino/dino_layers.h"
#include "situ/models/grounding_dino/fusion_layer.h"

namespace situ {

/// A first box for each place of pictures.
struct Anchors {
  at::Tensor logits;    // float32 [B, N, 4], cxcywh before the sigmoid; infinite where unusable
  at::Tensor unusable;  // bool [B, N]: padding, or a box that is all but outside
};
Anchors make_anchors(const ImageFeatures& image);

/// Logits of queries against tokens, as GroundingDinoContrastiveEmbedding: float32 [B, Q, T],
/// -infinity at padding. queries: [B, Q, D].
at::Tensor token_logits(const at::Tensor& queries, const FusionFeatures& features);

/// The layers of language-guided query selection (Liu et al. 2023, 3.2), registered on the network
/// under upstream's keys `enc_output`, `enc_output_norm` and `encoder_output_bbox_embed`.
class QuerySelection {
 public:
  QuerySelection(torch::nn::Module& owner, int64_t width, double epsilon);

  /// The boxes of the `count` places that some token fits best, in the order of their scores:
  /// float32 [B, count, 4], cxcywh in [0, 1]. All in float32: a rounded score would choose other
  /// places. Throws std::invalid_argument for pictures of less than `count` places.
  at::Tensor references(const FusionFeatures& features, const ImageFeatures& image, int64_t count);

 private:
  Linear enc_output_;
  torch::nn::LayerNorm enc_output_norm_;
  PredictionHead box_head_;
};

}  // namespace situ
