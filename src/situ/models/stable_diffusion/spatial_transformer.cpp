// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/spatial_transformer.h"

#include <ATen/ATen.h>

#include "situ/nn/attention.h"

namespace situ {
namespace {

using torch::nn::Conv2dOptions;
using torch::nn::LayerNorm;
using torch::nn::LayerNormOptions;
using torch::nn::LinearOptions;

Linear without_bias(int64_t in, int64_t out) { return Linear(LinearOptions(in, out).bias(false)); }

// A list position without parameters, such as the dropout between two layers.
std::shared_ptr<torch::nn::Module> placeholder() { return std::make_shared<torch::nn::Module>(); }

}  // namespace

CrossAttentionImpl::CrossAttentionImpl(int64_t channels, int64_t context_channels, int64_t heads)
    : heads_(heads),
      to_q_(register_module("to_q", without_bias(channels, channels))),
      to_k_(register_module("to_k", without_bias(context_channels, channels))),
      to_v_(register_module("to_v", without_bias(context_channels, channels))) {
  to_out_ = Linear(channels, channels);
  register_module("to_out", torch::nn::ModuleList())->push_back(to_out_.ptr());
}

at::Tensor CrossAttentionImpl::forward(const at::Tensor& x, const at::Tensor& context) {
  return to_out_(multi_head_attention(to_q_(x), to_k_(context), to_v_(context), heads_));
}

GegluFeedForwardImpl::GegluFeedForwardImpl(int64_t channels) {
  const int64_t inner = 4 * channels;
  auto net = register_module("net", torch::nn::ModuleList());
  auto gated = placeholder();
  proj_ = gated->register_module("proj", Linear(channels, 2 * inner));
  out_ = Linear(inner, channels);
  net->push_back(gated);
  net->push_back(placeholder());
  net->push_back(out_.ptr());
}

at::Tensor GegluFeedForwardImpl::forward(const at::Tensor& x) {
  const std::vector<at::Tensor> halves = proj_(x).chunk(2, -1);  // 2 x [B, T, 4D]
  return out_(at::gelu(halves[1]).mul_(halves[0]));
}

TransformerBlockImpl::TransformerBlockImpl(const SpatialTransformerOptions& o)
    : norm1_(register_module("norm1", LayerNorm(LayerNormOptions({o.channels})))),
      norm2_(register_module("norm2", LayerNorm(LayerNormOptions({o.channels})))),
      norm3_(register_module("norm3", LayerNorm(LayerNormOptions({o.channels})))),
      attn1_(register_module("attn1", CrossAttention(o.channels, o.channels, o.heads))),
      attn2_(register_module("attn2", CrossAttention(o.channels, o.text_channels, o.heads))),
      ff_(register_module("ff", GegluFeedForward(o.channels))) {}

at::Tensor TransformerBlockImpl::forward(at::Tensor x, const at::Tensor& text) {
  const at::Tensor normed = norm1_(x);
  x = attn1_(normed, normed).add_(x);
  x = attn2_(norm2_(x), text).add_(x);
  return ff_(norm3_(x)).add_(x);
}

SpatialTransformerImpl::SpatialTransformerImpl(const SpatialTransformerOptions& o)
    : norm_(register_module(
          "norm",
          torch::nn::GroupNorm(torch::nn::GroupNormOptions(o.groups, o.channels).eps(1e-6)))),
      transformer_blocks_(*this, "transformer_blocks") {
  if (o.linear_projection) {
    proj_in_linear_ = register_module("proj_in", Linear(o.channels, o.channels));
    proj_out_linear_ = register_module("proj_out", Linear(o.channels, o.channels));
  } else {
    proj_in_conv_ = register_module("proj_in", Conv2d(Conv2dOptions(o.channels, o.channels, 1)));
    proj_out_conv_ = register_module("proj_out", Conv2d(Conv2dOptions(o.channels, o.channels, 1)));
  }
  for (int64_t i = 0; i < o.layers; ++i) transformer_blocks_.append(TransformerBlock(o));
}

at::Tensor SpatialTransformerImpl::to_tokens(const at::Tensor& x) {
  const at::Tensor h = proj_in_conv_ ? proj_in_conv_(x) : x;
  const at::Tensor tokens = h.permute({0, 2, 3, 1}).flatten(1, 2);  // [B, H*W, C]
  return proj_in_linear_ ? proj_in_linear_(tokens) : tokens;
}

at::Tensor SpatialTransformerImpl::to_pixels(const at::Tensor& tokens, int64_t height,
                                             int64_t width) {
  const at::Tensor h = proj_out_linear_ ? proj_out_linear_(tokens) : tokens;
  const at::Tensor pixels =
      h.view({h.size(0), height, width, h.size(2)}).permute({0, 3, 1, 2});  // [B, C, H, W]
  return proj_out_conv_ ? proj_out_conv_(pixels) : pixels;
}

at::Tensor SpatialTransformerImpl::forward(const at::Tensor& x, const at::Tensor& text) {
  at::Tensor tokens = to_tokens(norm_(x));
  for (TransformerBlock& block : transformer_blocks_) tokens = block(tokens, text);
  return to_pixels(tokens.contiguous(), x.size(2), x.size(3)) + x;
}

}  // namespace situ
