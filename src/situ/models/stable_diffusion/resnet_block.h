// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include "situ/nn/layers.h"

namespace situ {

struct ResnetBlockOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t time_channels = 0;  // 0: not conditioned on time, as in the autoencoder
  int64_t groups = 32;
  double eps = 1e-5;
};

/// Two 3x3 convolutions with group norms and SiLU, a time bias between them and a residual
/// (diffusers' ResnetBlock2D, time_embedding_norm "default").
class ResnetBlockImpl : public torch::nn::Module {
 public:
  explicit ResnetBlockImpl(const ResnetBlockOptions& options);
  /// x: [B, in, H, W]; time: [B, time_channels], already through SiLU, or undefined. [B, out, H,
  /// W].
  at::Tensor forward(const at::Tensor& x, const at::Tensor& time);

 private:
  torch::nn::GroupNorm norm1_{nullptr}, norm2_{nullptr};
  Conv2d conv1_{nullptr}, conv2_{nullptr}, conv_shortcut_{nullptr};
  Linear time_emb_proj_{nullptr};
};
TORCH_MODULE(ResnetBlock);

enum class DownsamplePadding { kAllSides, kRightAndBottom };  // UNet; autoencoder

/// 3x3 convolution of stride 2 (diffusers' Downsample2D; key `conv`).
class DownsampleImpl : public torch::nn::Module {
 public:
  DownsampleImpl(int64_t channels, DownsamplePadding padding);
  at::Tensor forward(at::Tensor x);

 private:
  DownsamplePadding padding_;
  Conv2d conv_;
};
TORCH_MODULE(Downsample);

/// Nearest-neighbour enlargement and a 3x3 convolution (diffusers' Upsample2D; key `conv`).
class UpsampleImpl : public torch::nn::Module {
 public:
  explicit UpsampleImpl(int64_t channels);
  /// Enlarges to [.., height, width].
  at::Tensor forward(const at::Tensor& x, int64_t height, int64_t width);

 private:
  Conv2d conv_;
};
TORCH_MODULE(Upsample);

}  // namespace situ
