// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/residual_stage.h"

#include <ATen/ATen.h>

namespace situ {

using torch::nn::BatchNorm2d;
using torch::nn::BatchNorm2dOptions;
using torch::nn::Conv2dOptions;

NormedConvImpl::NormedConvImpl(int64_t in_channels, int64_t out_channels, int64_t kernel_size,
                               int64_t stride)
    : conv_(register_module("conv", Conv2d(Conv2dOptions(in_channels, out_channels, kernel_size)
                                               .stride(stride)
                                               .padding(kernel_size / 2)
                                               .bias(false)))),
      norm_(register_module(
          "norm", BatchNorm2d(BatchNorm2dOptions(out_channels).momentum(std::nullopt)))) {}

at::Tensor NormedConvImpl::forward(const at::Tensor& x) { return norm_(conv_(x)); }

ResidualBlockImpl::ResidualBlockImpl(int64_t in_channels, int64_t out_channels, int64_t stride)
    : conv1_(register_module("conv1", NormedConv(in_channels, out_channels, 3, stride))),
      conv2_(register_module("conv2", NormedConv(out_channels, out_channels, 3, 1))) {
  if (stride != 1 || in_channels != out_channels) {
    shortcut_ = register_module("shortcut", NormedConv(in_channels, out_channels, 1, stride));
  }
}

at::Tensor ResidualBlockImpl::forward(const at::Tensor& x) {
  const at::Tensor y = conv2_(at::relu(conv1_(x)));
  return at::relu(y + (shortcut_ ? shortcut_(x) : x));
}

ResidualStageImpl::ResidualStageImpl(int64_t in_channels, int64_t out_channels, int64_t stride,
                                     int64_t blocks)
    : blocks_(*this, "blocks") {
  blocks_.append(ResidualBlock(in_channels, out_channels, stride));
  for (int64_t i = 1; i < blocks; ++i) blocks_.append(ResidualBlock(out_channels, out_channels, 1));
}

at::Tensor ResidualStageImpl::forward(at::Tensor x) {
  for (ResidualBlock& block : blocks_) x = block(x);
  return x;
}

}  // namespace situ
