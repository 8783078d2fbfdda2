// SPDX-License-Identifier: Apache-2.0
#include "situ/models/mobile_sam/tiny_vit_layers.h"

#include <ATen/ATen.h>

#include <vector>

#include "situ/nn/attention.h"
#include "situ/nn/module_scope.h"
#include "situ/nn/token_windows.h"

namespace situ {
namespace {

using torch::nn::LayerNorm;
using torch::nn::LayerNormOptions;

constexpr double kEpsilon = 1e-5;  // torch's own, of batch and layer normalisation

}  // namespace

NormedConvolutionImpl::NormedConvolutionImpl(const ConvolutionShape& shape) : shape_(shape) {
  kernel_ =
      add_scope(*this, "c")
          .register_parameter(
              "weight", at::zeros({shape.out, shape.in / shape.groups, shape.size, shape.size}));
  torch::nn::Module& norm = add_scope(*this, "bn");
  weight_ = norm.register_parameter("weight", at::ones({shape.out}));
  bias_ = norm.register_parameter("bias", at::zeros({shape.out}));
  mean_ = norm.register_buffer("running_mean", at::zeros({shape.out}));
  variance_ = norm.register_buffer("running_var", at::ones({shape.out}));
}

at::Tensor NormedConvolutionImpl::forward(const at::Tensor& x) {
  // Folding costs as much as the weights are large, which is next to nothing.
  const at::Tensor gain = weight_.to(at::kFloat) * (variance_.to(at::kFloat) + kEpsilon).rsqrt();
  const at::Tensor kernel = kernel_ * gain.view({-1, 1, 1, 1});
  const at::Tensor offset = bias_.to(at::kFloat) - mean_.to(at::kFloat) * gain;
  return at::conv2d(x, kernel.to(x.scalar_type()), offset.to(x.scalar_type()), shape_.stride,
                    shape_.size / 2, 1, shape_.groups);
}

TinyVitConvolutionsImpl::TinyVitConvolutionsImpl(std::int64_t channels, std::int64_t hidden)
    : conv1_(register_module("conv1",
                             NormedConvolution(ConvolutionShape{.in = channels, .out = hidden}))),
      conv2_(
          register_module("conv2", NormedConvolution(ConvolutionShape{
                                       .in = hidden, .out = hidden, .size = 3, .groups = hidden}))),
      conv3_(register_module("conv3",
                             NormedConvolution(ConvolutionShape{.in = hidden, .out = channels}))) {}

at::Tensor TinyVitConvolutionsImpl::forward(const at::Tensor& x) {
  return at::gelu(conv3_(at::gelu(conv2_(at::gelu(conv1_(x))))) + x);
}

TinyVitMergingImpl::TinyVitMergingImpl(std::int64_t in, std::int64_t out, std::int64_t stride)
    : conv1_(register_module("conv1", NormedConvolution(ConvolutionShape{.in = in, .out = out}))),
      conv2_(register_module(
          "conv2", NormedConvolution(ConvolutionShape{
                       .in = out, .out = out, .size = 3, .stride = stride, .groups = out}))),
      conv3_(register_module("conv3", NormedConvolution(ConvolutionShape{.in = out, .out = out}))) {
}

at::Tensor TinyVitMergingImpl::forward(const at::Tensor& x) {
  return conv3_(at::gelu(conv2_(at::gelu(conv1_(x)))));
}

TinyVitAttentionImpl::TinyVitAttentionImpl(std::int64_t channels, std::int64_t heads,
                                           std::int64_t window)
    : heads_(heads),
      window_(window),
      norm_(register_module("norm", LayerNorm(LayerNormOptions({channels}).eps(kEpsilon)))),
      qkv_(register_module("qkv", Linear(channels, 3 * channels))),
      proj_(register_module("proj", Linear(channels, channels))),
      biases_(register_parameter("attention_biases", at::zeros({heads, window * window}))) {}

at::Tensor TinyVitAttentionImpl::bias() const {
  const at::Tensor place = at::arange(window_, biases_.options().dtype(at::kLong));
  const at::Tensor apart = (place.unsqueeze(1) - place.unsqueeze(0)).abs();  // [s, s]
  const at::Tensor index =
      apart.view({window_, 1, window_, 1}) * window_ + apart.view({1, window_, 1, window_});
  const std::int64_t tokens = window_ * window_;
  return biases_.index_select(1, index.flatten()).view({1, heads_, tokens, tokens});
}

at::Tensor TinyVitAttentionImpl::forward(const at::Tensor& x) {
  const std::int64_t channels = x.size(3);
  // The original keeps query, key and value of a head together: here all queries come first.
  const auto by_kind = [&](const at::Tensor& rows) {
    return rows.view({heads_, 3, channels / heads_, -1})
        .transpose(0, 1)
        .reshape({3 * channels, -1});
  };
  const at::Tensor weight = by_kind(qkv_->weight), offset = by_kind(qkv_->bias).flatten();
  const at::Tensor qkv = linear(norm_(x), weight, offset);  // [B, H, W, 3 C]
  // It pads with zeros before the norm, which makes its bias of them.
  const at::Tensor padding = at::addmv(offset, weight, norm_->bias);
  const TokenWindows windows{
      .pictures = x.size(0), .height = x.size(1), .width = x.size(2), .side = window_};
  const std::vector<at::Tensor> parts = cut_into_windows(qkv, windows, padding).chunk(3, 2);
  const at::Tensor attended = biased_attention(parts[0], parts[1], parts[2], heads_, bias());
  return proj_(join_windows(attended, windows));
}

TinyVitBlockImpl::TinyVitBlockImpl(std::int64_t channels, std::int64_t heads, std::int64_t window,
                                   std::int64_t hidden)
    : attention_(register_module("attn", TinyVitAttention(channels, heads, window))),
      local_(register_module(
          "local_conv", NormedConvolution(ConvolutionShape{
                            .in = channels, .out = channels, .size = 3, .groups = channels}))) {
  torch::nn::Module& mlp = add_scope(*this, "mlp");
  norm_ = mlp.register_module("norm", LayerNorm(LayerNormOptions({channels}).eps(kEpsilon)));
  fc1_ = mlp.register_module("fc1", Linear(channels, hidden));
  fc2_ = mlp.register_module("fc2", Linear(hidden, channels));
}

at::Tensor TinyVitBlockImpl::forward(const at::Tensor& x) {
  const at::Tensor tokens = x.permute({0, 2, 3, 1});  // [B, H, W, C]
  const at::Tensor attended = attention_(tokens) + tokens;
  const at::Tensor h = local_(attended.permute({0, 3, 1, 2})).permute({0, 2, 3, 1});
  const at::Tensor out = fc2_(linear_gelu(norm_(h), fc1_->weight, fc1_->bias)) + h;
  return out.permute({0, 3, 1, 2});
}

}  // namespace situ
