// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "situ/models/clip/clip_text_encoder.h"
#include "situ/models/prompt_segmenter/prompt_segmenter_config.h"
#include "situ/models/prompt_segmenter/residual_stage.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// Says for each pixel how well each of K prompts names it: a residual encoder with a top-down
/// decoder (Lin et al. 2017) gives every pixel a direction, CLIP's text tower gives every prompt
/// one, and the logit is exp(scale) * cosine + bias. The prompts do not see each other.
class PromptSegmenterImpl : public torch::nn::Module {
 public:
  static constexpr int64_t kFeatureStride = 4;

  explicit PromptSegmenterImpl(const PromptSegmenterConfig& config);

  /// Logits [B, K, H, W]. image: float [B, 3, H, W] in [-1, 1], any H and W from 1. token_ids:
  /// int64 [K, T], T <= text.max_position_embeddings, an end of text in each row.
  at::Tensor forward(const at::Tensor& image, const at::Tensor& token_ids);

  /// Directions of the pixels, [B, D, ceil(H/4), ceil(W/4)], float.
  at::Tensor pixel_features(const at::Tensor& image);
  /// Directions of the prompts, [K, D], float.
  at::Tensor text_features(const at::Tensor& token_ids);
  /// Logits [B, K, h, w] of pixel and prompt directions.
  at::Tensor match(const at::Tensor& pixel_features, const at::Tensor& text_features);
  /// Logits of a resolution of 4 pixels to those of every pixel: [B, K, h, w] -> [B, K, H, W].
  static at::Tensor upsample(const at::Tensor& logits, int64_t height, int64_t width);

  const PromptSegmenterConfig& config() const { return config_; }

 private:
  PromptSegmenterConfig config_;
  NormedConv stem1_, stem2_;
  TypedModuleList<ResidualStage> stages_;
  TypedModuleList<Conv2d> laterals_;
  TypedModuleList<NormedConv> fusions_;
  Conv2d pixel_projection_;
  ClipTextEncoder text_encoder_;
  Linear text_projection_;
  at::Tensor logit_scale_, logit_bias_;
};
TORCH_MODULE(PromptSegmenter);

}  // namespace situ
