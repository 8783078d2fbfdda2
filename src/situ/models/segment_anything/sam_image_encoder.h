// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <vector>

#include "situ/models/segment_anything/sam_config.h"
#include "situ/models/segment_anything/sam_neck.h"
#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// Attention within windows of `side` x `side` tokens, with decomposed relative positions.
class SamVisionAttentionImpl : public torch::nn::Module {
 public:
  SamVisionAttentionImpl(const SamVisionConfig& config, std::int64_t side);
  /// x: [B, grid, grid, D] to the same shape.
  at::Tensor forward(const at::Tensor& x);

 private:
  std::int64_t heads_;
  Linear qkv_, proj_;
  at::Tensor rel_pos_h_, rel_pos_w_;  // [2 side - 1, D / heads]
};
TORCH_MODULE(SamVisionAttention);

class SamVisionLayerImpl : public torch::nn::Module {
 public:
  /// window: of the attention, or 0 for all tokens.
  SamVisionLayerImpl(const SamVisionConfig& config, std::int64_t window);
  /// x: [B, grid, grid, D] to the same shape.
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  SamVisionAttention attention_{nullptr};
  Linear lin1_{nullptr}, lin2_{nullptr};
};
TORCH_MODULE(SamVisionLayer);

/// Segment Anything's image encoder (Kirillov et al. 2023): a ViT with windows, and a neck. As
/// transformers' SamVisionEncoder, with its keys.
class SamImageEncoderImpl : public torch::nn::Module {
 public:
  explicit SamImageEncoderImpl(const SamVisionConfig& config);

  /// pixels: [B, 3, image_size, image_size], normalised, to [B, output_channels, grid, grid].
  /// Throws std::invalid_argument for other sizes.
  at::Tensor forward(const at::Tensor& pixels);

 private:
  SamVisionConfig config_;
  Conv2d patches_{nullptr};
  at::Tensor positions_;  // [1, grid, grid, D]
  TypedModuleList<SamVisionLayer> layers_;
  SamNeck neck_{nullptr};
};
TORCH_MODULE(SamImageEncoder);

}  // namespace situ
