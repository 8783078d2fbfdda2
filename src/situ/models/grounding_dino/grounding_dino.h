// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include "situ/models/bert/bert_text_encoder.h"
#include "situ/models/grounding_dino/box_decoder.h"
#include "situ/models/grounding_dino/dino_features.h"
#include "situ/models/grounding_dino/feature_enhancer.h"
#include "situ/models/grounding_dino/grounding_dino_config.h"
#include "situ/models/grounding_dino/query_selection.h"
#include "situ/models/swin/swin_backbone.h"

namespace situ {

/// One level of the image neck: a convolution and a group norm, `0` and `1` of upstream's keys.
class NeckLevelImpl : public torch::nn::Module {
 public:
  explicit NeckLevelImpl(const torch::nn::Conv2dOptions& options);
  at::Tensor forward(const at::Tensor& x);

 private:
  Conv2d conv_;
  torch::nn::GroupNorm norm_;
};
TORCH_MODULE(NeckLevel);

/// What the detector says of pictures, for each of its Q queries.
struct GroundingDinoOutput {
  at::Tensor logits;  // float32 [B, Q, max_text_len], before the sigmoid; -infinity is no token
  at::Tensor boxes;   // float32 [B, Q, 4], cxcywh in [0, 1] of the picture without its padding
};

/// Grounding DINO (Liu et al. 2023) as transformers' GroundingDinoForObjectDetection, with its
/// keys; of tensors that it ties, the first is registered (`bbox_embed.0`).
///
/// Text and picture are encoded apart, so that a caller can keep either: a further prompt on a
/// picture takes `encode_text` and `detect` alone.
class GroundingDinoImpl : public torch::nn::Module {
 public:
  explicit GroundingDinoImpl(const GroundingDinoConfig& config);

  /// token_ids: int64 [B, T] with [CLS] and [SEP], T <= max_text_len (otherwise
  /// std::invalid_argument), and not padded where it can be helped: padding costs time.
  /// token_mask: [B, T], 0 at padding; undefined: none is.
  TextFeatures encode_text(const at::Tensor& token_ids, const at::Tensor& token_mask = {});

  /// pixels: [B, 3, H, W], normalised, in the dtype of the weights. pixel_mask: [B, H, W], 0 where
  /// there is no picture (which must be right and bottom); undefined: everywhere.
  ImageFeatures encode_image(const at::Tensor& pixels, const at::Tensor& pixel_mask = {});

  /// Picture and text have the same B, or one of them has B = 1 and serves all of the other.
  GroundingDinoOutput detect(const ImageFeatures& image, const TextFeatures& text);

  // The two steps of `detect`.
  FusionFeatures enhance(const ImageFeatures& image, const TextFeatures& text);
  GroundingDinoOutput decode(const FusionFeatures& features, const ImageFeatures& image);

  const GroundingDinoConfig& config() const { return config_; }

 private:
  std::vector<at::Tensor> feature_maps(const at::Tensor& pixels);

  GroundingDinoConfig config_;
  torch::nn::Module& model_;  // the step `model` of the keys
  SwinBackbone backbone_{nullptr};
  BertTextEncoder text_backbone_{nullptr};
  Linear text_projection_{nullptr};
  TypedModuleList<NeckLevel> input_proj_vision_;
  at::Tensor level_embed_;
  Embedding query_position_embeddings_{nullptr};
  FeatureEnhancer encoder_{nullptr};
  QuerySelection query_selection_;
  BoxDecoder decoder_{nullptr};
  TypedModuleList<PredictionHead> bbox_embed_;
};
TORCH_MODULE(GroundingDino);

}  // namespace situ
