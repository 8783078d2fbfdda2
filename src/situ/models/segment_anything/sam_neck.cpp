// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_neck.h"

#include <ATen/ATen.h>

namespace situ {
namespace {

Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t size) {
  return Conv2d(torch::nn::Conv2dOptions(from, to, size).padding(size / 2).bias(false));
}

}  // namespace

SamNeckImpl::SamNeckImpl(std::int64_t in, std::int64_t out)
    : conv1_(register_module("conv1", convolution(in, out, 1))),
      conv2_(register_module("conv2", convolution(out, out, 3))),
      norm1_(register_module("layer_norm1", ChannelNorm(out))),
      norm2_(register_module("layer_norm2", ChannelNorm(out))) {}

at::Tensor SamNeckImpl::forward(const at::Tensor& x) { return norm2_(conv2_(norm1_(conv1_(x)))); }

}  // namespace situ
