// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <array>
#include <cstdint>

#include "situ/nn/typed_module_list.h"

namespace situ {

/// A convolution that keeps the size (stride aside), without bias.
struct EspnetConvolution {
  std::int64_t in;
  std::int64_t out;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t groups = 1;
  std::int64_t dilation = 1;
};
torch::nn::Conv2d espnet_convolution(const EspnetConvolution& size);

/// Convolution and batch normalisation, and a PReLU where `activated`: keys conv, bn, act.
class ConvNormImpl : public torch::nn::Module {
 public:
  ConvNormImpl(const EspnetConvolution& size, bool activated);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::PReLU activation_{nullptr};  // may stay empty
};
TORCH_MODULE(ConvNorm);

/// The rates of a block's four branches.
using EspnetDilations = std::array<std::int64_t, 4>;

/// The extremely efficient spatial pyramid of ESPNetv2 (Mehta et al. 2019, section 3.2): depthwise
/// dilated convolutions whose results are added up from the narrowest to the widest.
class EespImpl : public torch::nn::Module {
 public:
  EespImpl(std::int64_t in, std::int64_t out, std::int64_t stride,
           const EspnetDilations& dilations);
  /// [B, in, H, W] to [B, out, H / stride, W / stride], rounded up. With stride 2 the activation is
  /// left to the caller.
  at::Tensor forward(const at::Tensor& x);

 private:
  std::int64_t stride_;
  ConvNorm projection_{nullptr};
  std::vector<torch::nn::Conv2d> branches_;
  torch::nn::BatchNorm2d joined_norm_{nullptr};
  torch::nn::PReLU joined_activation_{nullptr};
  ConvNorm expansion_{nullptr};
  torch::nn::PReLU activation_{nullptr};
};
TORCH_MODULE(Eesp);

/// Halves the size: the mean of the input beside a strided block's result, and the shrunken image
/// added to both.
class EspnetDownSamplerImpl : public torch::nn::Module {
 public:
  EspnetDownSamplerImpl(std::int64_t in, std::int64_t out, const EspnetDilations& dilations);
  /// x: [B, in, H, W]; image: [B, 3, ≥H, ≥W], the network's input.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& image);

 private:
  Eesp block_{nullptr};
  ConvNorm image_convolution_{nullptr};
  ConvNorm image_projection_{nullptr};
  torch::nn::PReLU activation_{nullptr};
};
TORCH_MODULE(EspnetDownSampler);

}  // namespace situ
