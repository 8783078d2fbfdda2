// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

struct SpatialTransformerOptions {
  int64_t channels = 0;
  int64_t heads = 8;
  int64_t layers = 1;
  int64_t text_channels = 768;  // cross_attention_dim
  int64_t groups = 32;
  bool linear_projection =
      false;  // proj_in and proj_out: linear layers (SD2) or 1x1 convolutions (SD1)
};

/// Attention of diffusers' transformer blocks: keys to_q, to_k, to_v (no bias), to_out.0.
class CrossAttentionImpl : public torch::nn::Module {
 public:
  CrossAttentionImpl(int64_t channels, int64_t context_channels, int64_t heads);
  /// x: [B, T, D]; context: [B, S, context_channels] -> [B, T, D].
  at::Tensor forward(const at::Tensor& x, const at::Tensor& context);

 private:
  int64_t heads_;
  Linear to_q_, to_k_, to_v_;
  Linear to_out_{nullptr};
};
TORCH_MODULE(CrossAttention);

/// GEGLU feed-forward of width 4 D (keys net.0.proj, net.2).
class GegluFeedForwardImpl : public torch::nn::Module {
 public:
  explicit GegluFeedForwardImpl(int64_t channels);
  at::Tensor forward(const at::Tensor& x);

 private:
  Linear proj_{nullptr}, out_{nullptr};
};
TORCH_MODULE(GegluFeedForward);

/// Self-attention, cross-attention to the text and a feed-forward, each with a norm before it.
class TransformerBlockImpl : public torch::nn::Module {
 public:
  explicit TransformerBlockImpl(const SpatialTransformerOptions& options);
  at::Tensor forward(at::Tensor x, const at::Tensor& text);

 private:
  torch::nn::LayerNorm norm1_, norm2_, norm3_;
  CrossAttention attn1_, attn2_;
  GegluFeedForward ff_;
};
TORCH_MODULE(TransformerBlock);

/// Transformer blocks over the pixels of a feature map (diffusers' Transformer2DModel).
class SpatialTransformerImpl : public torch::nn::Module {
 public:
  explicit SpatialTransformerImpl(const SpatialTransformerOptions& options);
  /// x: [B, C, H, W]; text: [B, T, text_channels] -> [B, C, H, W].
  at::Tensor forward(const at::Tensor& x, const at::Tensor& text);

 private:
  at::Tensor to_tokens(const at::Tensor& x);
  at::Tensor to_pixels(const at::Tensor& tokens, int64_t height, int64_t width);

  torch::nn::GroupNorm norm_;
  Linear proj_in_linear_{nullptr}, proj_out_linear_{nullptr};
  Conv2d proj_in_conv_{nullptr}, proj_out_conv_{nullptr};
  TypedModuleList<TransformerBlock> transformer_blocks_;
};
TORCH_MODULE(SpatialTransformer);

}  // namespace situ
