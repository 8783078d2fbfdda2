// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/resnet_block.h"

#include <ATen/ATen.h>

#include "situ/nn/doubling_convolution.h"

namespace situ {
namespace {

using torch::nn::Conv2dOptions;
using torch::nn::GroupNorm;
using torch::nn::GroupNormOptions;

Conv2d conv3x3(int64_t in, int64_t out) { return Conv2d(Conv2dOptions(in, out, 3).padding(1)); }

}  // namespace

ResnetBlockImpl::ResnetBlockImpl(const ResnetBlockOptions& o) {
  norm1_ =
      register_module("norm1", GroupNorm(GroupNormOptions(o.groups, o.in_channels).eps(o.eps)));
  conv1_ = register_module("conv1", conv3x3(o.in_channels, o.out_channels));
  if (o.time_channels > 0) {
    time_emb_proj_ = register_module("time_emb_proj", Linear(o.time_channels, o.out_channels));
  }
  norm2_ =
      register_module("norm2", GroupNorm(GroupNormOptions(o.groups, o.out_channels).eps(o.eps)));
  conv2_ = register_module("conv2", conv3x3(o.out_channels, o.out_channels));
  if (o.in_channels != o.out_channels) {
    conv_shortcut_ =
        register_module("conv_shortcut", Conv2d(Conv2dOptions(o.in_channels, o.out_channels, 1)));
  }
}

// What nobody else sees is changed in place: new memory costs about as much as the arithmetic.
at::Tensor ResnetBlockImpl::forward(const at::Tensor& x, const at::Tensor& time) {
  at::Tensor h = norm1_(x);
  h = conv1_(at::silu_(h));  // [B, out, H, W]
  if (time_emb_proj_) h.add_(time_emb_proj_(time).unsqueeze(-1).unsqueeze(-1));
  h = norm2_(h);
  h = conv2_(at::silu_(h));
  return h.add_(conv_shortcut_ ? conv_shortcut_(x) : x);
}

DownsampleImpl::DownsampleImpl(int64_t channels, DownsamplePadding padding)
    : padding_(padding),
      conv_(register_module(
          "conv", Conv2d(Conv2dOptions(channels, channels, 3)
                             .stride(2)
                             .padding(padding == DownsamplePadding::kAllSides ? 1 : 0)))) {}

at::Tensor DownsampleImpl::forward(at::Tensor x) {
  if (padding_ == DownsamplePadding::kRightAndBottom) x = at::constant_pad_nd(x, {0, 1, 0, 1});
  return conv_(x);
}

UpsampleImpl::UpsampleImpl(int64_t channels)
    : conv_(register_module("conv", conv3x3(channels, channels))) {}

at::Tensor UpsampleImpl::forward(const at::Tensor& x, int64_t height, int64_t width) {
  const bool doubled = height == 2 * x.size(2) && width == 2 * x.size(3);
  if (doubled && suits_doubling_convolution(x, conv_->weight)) {
    return doubling_convolution(x, conv_->weight, conv_->bias);
  }
  return conv_(at::upsample_nearest2d(x, {height, width}));
}

}  // namespace situ
