// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include "situ/nn/layers.h"

namespace situ {

struct ConvolutionShape {
  std::int64_t in = 0, out = 0;
  std::int64_t size = 1;  // of the kernel; padded by half of it
  std::int64_t stride = 1;
  std::int64_t groups = 1;
};

/// A convolution without bias and the batch normalisation behind it, run as one convolution.
class NormedConvolutionImpl : public torch::nn::Module {
 public:
  explicit NormedConvolutionImpl(const ConvolutionShape& shape);
  /// [B, in, H, W] to [B, out, H / stride, W / stride], rounded up.
  at::Tensor forward(const at::Tensor& x);

 private:
  ConvolutionShape shape_;
  at::Tensor kernel_;                           // [out, in / groups, size, size]
  at::Tensor weight_, bias_, mean_, variance_;  // [out], of the normalisation
};
TORCH_MODULE(NormedConvolution);

/// An inverted bottleneck (Sandler et al. 2018): wider, each channel for itself, narrower.
class TinyVitConvolutionsImpl : public torch::nn::Module {
 public:
  TinyVitConvolutionsImpl(std::int64_t channels, std::int64_t hidden);
  /// [B, C, H, W] to the same shape.
  at::Tensor forward(const at::Tensor& x);

 private:
  NormedConvolution conv1_, conv2_, conv3_;
};
TORCH_MODULE(TinyVitConvolutions);

/// Between two stages: other channels, and half of both sides where stride is 2.
class TinyVitMergingImpl : public torch::nn::Module {
 public:
  TinyVitMergingImpl(std::int64_t in, std::int64_t out, std::int64_t stride);
  /// [B, in, H, W] to [B, out, H / stride, W / stride].
  at::Tensor forward(const at::Tensor& x);

 private:
  NormedConvolution conv1_, conv2_, conv3_;
};
TORCH_MODULE(TinyVitMerging);

/// Attention within windows, with a learned bias for each distance of rows and columns.
class TinyVitAttentionImpl : public torch::nn::Module {
 public:
  TinyVitAttentionImpl(std::int64_t channels, std::int64_t heads, std::int64_t window);
  /// x: [B, H, W, C] to the same shape.
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor bias() const;

  std::int64_t heads_, window_;
  torch::nn::LayerNorm norm_{nullptr};
  Linear qkv_, proj_;
  at::Tensor biases_;  // [heads, window^2]: of |dy| * window + |dx|
};
TORCH_MODULE(TinyVitAttention);

/// Attention, a 3x3 convolution of each channel for itself, and a feed-forward.
class TinyVitBlockImpl : public torch::nn::Module {
 public:
  TinyVitBlockImpl(std::int64_t channels, std::int64_t heads, std::int64_t window,
                   std::int64_t hidden);
  /// x: [B, C, H, W] to the same shape.
  at::Tensor forward(const at::Tensor& x);

 private:
  TinyVitAttention attention_;
  NormedConvolution local_;
  torch::nn::LayerNorm norm_{nullptr};
  Linear fc1_{nullptr}, fc2_{nullptr};
};
TORCH_MODULE(TinyVitBlock);

}  // namespace situ
