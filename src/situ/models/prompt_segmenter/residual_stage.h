// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/batchnorm.h>

#include <cstdint>

#include "situ/nn/layers.h"
#include "situ/nn/typed_module_list.h"

namespace situ {

/// A convolution of odd size without bias, then batch normalisation. The running statistics are
/// plain means over the batches since the buffers were last zero.
class NormedConvImpl : public torch::nn::Module {
 public:
  NormedConvImpl(int64_t in_channels, int64_t out_channels, int64_t kernel_size, int64_t stride);
  at::Tensor forward(const at::Tensor& x);  // [B, C, H, W] -> [B, C', ceil(H/s), ceil(W/s)]

 private:
  Conv2d conv_;
  torch::nn::BatchNorm2d norm_;
};
TORCH_MODULE(NormedConv);

/// The basic block of ResNet (He et al. 2016).
class ResidualBlockImpl : public torch::nn::Module {
 public:
  ResidualBlockImpl(int64_t in_channels, int64_t out_channels, int64_t stride);
  at::Tensor forward(const at::Tensor& x);

 private:
  NormedConv conv1_, conv2_;
  NormedConv shortcut_{nullptr};  // where the shape changes
};
TORCH_MODULE(ResidualBlock);

/// Blocks at one resolution; the first one changes channels and stride.
class ResidualStageImpl : public torch::nn::Module {
 public:
  ResidualStageImpl(int64_t in_channels, int64_t out_channels, int64_t stride, int64_t blocks);
  at::Tensor forward(at::Tensor x);

 private:
  TypedModuleList<ResidualBlock> blocks_;
};
TORCH_MODULE(ResidualStage);

}  // namespace situ
