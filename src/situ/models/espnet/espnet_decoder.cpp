// SPDX-License-Identifier: Apache-2.0
#include "situ/models/espnet/espnet_decoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "situ/models/espnet/espnet_layers.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

constexpr std::array<double, 5> kScales = {2.0, 1.5, 1.0, 0.5, 0.1};
constexpr std::int64_t kMinScaledSide = 5;

torch::nn::PReLU prelu(std::int64_t channels) {
  return torch::nn::PReLU(torch::nn::PReLUOptions().num_parameters(channels));
}

at::Tensor resized(const at::Tensor& x, at::IntArrayRef size) {
  return at::upsample_bilinear2d(x, size, /*align_corners=*/true);
}

/// Channel g * n + c of `groups` groups becomes c * groups + g.
at::Tensor shuffled(const at::Tensor& x, std::int64_t groups) {
  const std::int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  return x.view({batch, groups, channels / groups, height, width})
      .transpose(1, 2)
      .reshape({batch, channels, height, width});
}

}  // namespace

NormActivationImpl::NormActivationImpl(std::int64_t channels) {
  norm_ = register_module("0", torch::nn::BatchNorm2d(channels));
  activation_ = register_module("1", prelu(channels));
}

at::Tensor NormActivationImpl::forward(const at::Tensor& x) { return activation_(norm_(x)); }

DecoderConvolutionImpl::DecoderConvolutionImpl(std::int64_t in, std::int64_t out,
                                               std::int64_t kernel, std::int64_t groups) {
  torch::nn::Module& scope = add_scope(*this, "cbr");
  convolution_ = scope.register_module(
      "0", espnet_convolution({.in = in, .out = out, .kernel = kernel, .groups = groups}));
  norm_ = scope.register_module("1", torch::nn::BatchNorm2d(out));
  activation_ = scope.register_module("2", prelu(out));
}

at::Tensor DecoderConvolutionImpl::forward(const at::Tensor& x) {
  return activation_(norm_(convolution_(x)));
}

PyramidPoolImpl::PyramidPoolImpl(std::int64_t in, std::int64_t width, std::int64_t out, bool last) {
  const auto scales = static_cast<std::int64_t>(kScales.size());
  torch::nn::Module& stages = add_scope(*this, "stages");
  for (std::size_t i = 0; i < kScales.size(); ++i) {
    stages_.push_back(stages.register_module(
        std::to_string(i),
        espnet_convolution({.in = width, .out = width, .kernel = 3, .groups = width})));
  }
  projection_ = register_module("projection_layer", DecoderConvolution(in, width, 1, 1));
  torch::nn::Module& merge = add_scope(*this, "merge_layer");
  joined_ = add_scope(merge, "0").register_module("br", NormActivation(scales * width));
  merged_ = merge.register_module("2", DecoderConvolution(scales * width, width, 3, width));
  output_ = merge.register_module(
      "3", torch::nn::Conv2d(torch::nn::Conv2dOptions(width, out, 1).bias(last)));
  if (!last) output_norm_ = add_scope(*this, "br").register_module("br", NormActivation(out));
}

at::Tensor PyramidPoolImpl::at_scale(const at::Tensor& x, std::size_t scale) {
  const auto scaled = [&](std::int64_t side) {
    const double exact = std::ceil(static_cast<double>(side) * kScales[scale]);
    return std::max(kMinScaledSide, static_cast<std::int64_t>(exact));
  };
  const std::array<std::int64_t, 2> own{x.size(2), x.size(3)};
  const std::array<std::int64_t, 2> size{scaled(own[0]), scaled(own[1])};
  torch::nn::Conv2d& stage = stages_[scale];
  if (kScales[scale] < 1) return resized(stage(at::adaptive_avg_pool2d(x, size)), own);
  if (kScales[scale] > 1) return at::adaptive_avg_pool2d(stage(resized(x, size)), own);
  return stage(x);
}

at::Tensor PyramidPoolImpl::forward(const at::Tensor& x) {
  const at::Tensor projected = projection_(x);
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i < kScales.size(); ++i) {
    parts.push_back(at_scale(projected, i).contiguous());
  }
  const at::Tensor joined = joined_(at::cat(parts, 1));  // [B, 5 width, h, w]
  const at::Tensor output = output_(merged_(shuffled(joined, std::ssize(parts))));
  return output_norm_ ? output_norm_(output) : output;
}

EncoderBridgeImpl::EncoderBridgeImpl(std::int64_t in, std::int64_t out) {
  weights_ =
      add_scope(*this, "wt_layer").register_module("1", espnet_convolution({.in = in, .out = out}));
  expansion_ =
      register_module("expansion_layer", DecoderConvolution(in, out, 3, std::gcd(in, out)));
}

at::Tensor EncoderBridgeImpl::forward(const at::Tensor& x) {
  const at::Tensor weights = weights_(at::adaptive_avg_pool2d(x, {1, 1})).sigmoid();
  return expansion_(x) * weights;
}

}  // namespace situ
