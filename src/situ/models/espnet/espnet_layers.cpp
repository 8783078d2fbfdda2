// SPDX-License-Identifier: Apache-2.0
#include "situ/models/espnet/espnet_layers.h"

#include <ATen/ATen.h>

#include <string>

#include "situ/nn/module_scope.h"

namespace situ {
namespace {

constexpr std::int64_t kBranches = 4;
constexpr std::int64_t kImageChannels = 3;

torch::nn::PReLU prelu(std::int64_t channels) {
  return torch::nn::PReLU(torch::nn::PReLUOptions().num_parameters(channels));
}

at::Tensor half_size_mean(const at::Tensor& x) { return at::avg_pool2d(x, {3, 3}, {2, 2}, {1, 1}); }

}  // namespace

torch::nn::Conv2d espnet_convolution(const EspnetConvolution& size) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(size.in, size.out, size.kernel)
                               .stride(size.stride)
                               .padding((size.kernel - 1) / 2 * size.dilation)
                               .dilation(size.dilation)
                               .groups(size.groups)
                               .bias(false));
}

ConvNormImpl::ConvNormImpl(const EspnetConvolution& size, bool activated) {
  conv_ = register_module("conv", espnet_convolution(size));
  norm_ = register_module("bn", torch::nn::BatchNorm2d(size.out));
  if (activated) activation_ = register_module("act", prelu(size.out));
}

at::Tensor ConvNormImpl::forward(const at::Tensor& x) {
  const at::Tensor y = norm_(conv_(x));
  return activation_ ? activation_(y) : y;
}

EespImpl::EespImpl(std::int64_t in, std::int64_t out, std::int64_t stride,
                   const EspnetDilations& dilations)
    : stride_(stride) {
  const std::int64_t width = out / kBranches;
  projection_ = register_module(
      "proj_1x1", ConvNorm(EspnetConvolution{.in = in, .out = width, .groups = kBranches}, true));
  torch::nn::Module& list = add_scope(*this, "spp_dw");
  for (std::size_t i = 0; i < dilations.size(); ++i) {
    branches_.push_back(
        add_scope(list, std::to_string(i))
            .register_module("conv", espnet_convolution({.in = width,
                                                         .out = width,
                                                         .kernel = 3,
                                                         .stride = stride,
                                                         .groups = width,
                                                         .dilation = dilations[i]})));
  }
  torch::nn::Module& joined = add_scope(*this, "br_after_cat");
  joined_norm_ = joined.register_module("bn", torch::nn::BatchNorm2d(out));
  joined_activation_ = joined.register_module("act", prelu(out));
  expansion_ = register_module(
      "conv_1x1_exp",
      ConvNorm(EspnetConvolution{.in = out, .out = out, .groups = kBranches}, false));
  activation_ = register_module("module_act", prelu(out));
}

at::Tensor EespImpl::forward(const at::Tensor& x) {
  const at::Tensor projected = projection_(x);
  std::vector<at::Tensor> sums;
  for (torch::nn::Conv2d& branch : branches_) {
    at::Tensor one = branch(projected);
    sums.push_back(sums.empty() ? one : one.add_(sums.back()));
  }
  const at::Tensor joined = joined_activation_(joined_norm_(at::cat(sums, 1)));  // [B, out, h, w]
  const at::Tensor expanded = expansion_(joined);
  if (stride_ == 2) return expanded;
  return activation_(expanded.sizes() == x.sizes() ? expanded + x : expanded);
}

EspnetDownSamplerImpl::EspnetDownSamplerImpl(std::int64_t in, std::int64_t out,
                                             const EspnetDilations& dilations) {
  block_ = register_module("eesp", Eesp(in, out - in, 2, dilations));
  torch::nn::Module& reinforcement = add_scope(*this, "inp_reinf");
  image_convolution_ = reinforcement.register_module(
      "0",
      ConvNorm(EspnetConvolution{.in = kImageChannels, .out = kImageChannels, .kernel = 3}, true));
  image_projection_ = reinforcement.register_module(
      "1", ConvNorm(EspnetConvolution{.in = kImageChannels, .out = out}, false));
  activation_ = register_module("act", prelu(out));
}

at::Tensor EspnetDownSamplerImpl::forward(const at::Tensor& x, const at::Tensor& image) {
  const at::Tensor mean = half_size_mean(x);
  const at::Tensor joined = at::cat({mean, block_(x)}, 1);
  at::Tensor shrunken = half_size_mean(image);
  while (shrunken.size(2) > mean.size(2)) shrunken = half_size_mean(shrunken);
  return activation_(joined + image_projection_(image_convolution_(shrunken)));
}

}  // namespace situ
