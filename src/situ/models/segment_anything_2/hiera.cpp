// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything_2/hiera.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/attention.h"
#include "situ/nn/module_scope.h"
#include "situ/nn/token_windows.h"

namespace situ {
namespace {

// [N, H, W, C] to half of both sides.
at::Tensor pooled(const at::Tensor& x) {
  return at::max_pool2d(x.permute({0, 3, 1, 2}), {2, 2}, {2, 2}).permute({0, 2, 3, 1});
}

HieraBlockShape shape_of(const HieraConfig& config, std::size_t stage, std::int64_t block,
                         std::int64_t number) {
  // The first block of a stage still has the windows and channels of the stage before.
  const std::size_t before = stage > 0 && block == 0 ? stage - 1 : stage;
  const auto& global = config.global_attention_blocks;
  const bool everywhere = std::find(global.begin(), global.end(), number) != global.end();
  return {.in = config.embed_dim_per_stage[before],
          .out = config.embed_dim_per_stage[stage],
          .heads = config.num_attention_heads_per_stage[stage],
          .window = everywhere ? 0 : config.window_size_per_stage[before],
          .pools = stage > 0 && block == 0};
}

}  // namespace

HieraBlockImpl::HieraBlockImpl(const HieraConfig& config, const HieraBlockShape& shape)
    : shape_(shape) {
  const auto norm = [&](const char* name, std::int64_t channels) {
    return register_module(
        name,
        torch::nn::LayerNorm(torch::nn::LayerNormOptions({channels}).eps(config.layer_norm_eps)));
  };
  norm1_ = norm("layer_norm1", shape.in);
  norm2_ = norm("layer_norm2", shape.out);
  torch::nn::Module& attention = add_scope(*this, "attn");
  qkv_ = attention.register_module("qkv", Linear(shape.in, 3 * shape.out));
  attention_proj_ = attention.register_module("proj", Linear(shape.out, shape.out));
  const auto hidden = static_cast<std::int64_t>(config.mlp_ratio * static_cast<double>(shape.out));
  torch::nn::Module& mlp = add_scope(*this, "mlp");
  proj_in_ = mlp.register_module("proj_in", Linear(shape.out, hidden));
  proj_out_ = mlp.register_module("proj_out", Linear(hidden, shape.out));
  if (shape.in != shape.out) proj_ = register_module("proj", Linear(shape.in, shape.out));
}

at::Tensor HieraBlockImpl::forward(const at::Tensor& x) {
  const at::Tensor normed = norm1_(x);
  at::Tensor residual = x;
  if (proj_) residual = shape_.pools ? pooled(proj_(normed)) : proj_(normed);
  const at::Tensor attended =
      shape_.window == 0 ? attend(normed) : attend_in_windows(normed, residual);
  const at::Tensor h = residual + attended;
  return proj_out_(at::gelu(proj_in_(norm2_(h)))).add_(h);
}

// residual: [B, h, w, out], the map that comes out.
at::Tensor HieraBlockImpl::attend_in_windows(const at::Tensor& x, const at::Tensor& residual) {
  const TokenWindows in{
      .pictures = x.size(0), .height = x.size(1), .width = x.size(2), .side = shape_.window};
  TokenWindows out = in;
  if (shape_.pools) {
    out = {.pictures = in.pictures,
           .height = residual.size(1),
           .width = residual.size(2),
           .side = in.side / 2};
  }
  const at::Tensor cut = cut_into_windows(x, in).view({-1, in.side, in.side, x.size(3)});
  return join_windows(attend(cut).flatten(1, 2), out);
}

// [N, H, W, in] to [N, H, W, out], or half of both sides: fewer queries, the same keys.
at::Tensor HieraBlockImpl::attend(const at::Tensor& x) {
  const std::vector<at::Tensor> parts = qkv_(x).chunk(3, 3);  // 3 x [N, H, W, out]
  const at::Tensor q = shape_.pools ? pooled(parts[0]) : parts[0];
  const at::Tensor attended =
      multi_head_attention(q.reshape({q.size(0), -1, shape_.out}), parts[1].flatten(1, 2),
                           parts[2].flatten(1, 2), shape_.heads);
  return attention_proj_(attended).view({q.size(0), q.size(1), q.size(2), shape_.out});
}

HieraImpl::HieraImpl(const HieraConfig& config) : config_(config), blocks_(*this, "blocks") {
  const std::int64_t channels = config.embed_dim_per_stage.front();
  patches_ =
      add_scope(*this, "patch_embed")
          .register_module("projection",
                           Conv2d(torch::nn::Conv2dOptions(3, channels, config.patch_kernel_size)
                                      .stride(config.patch_stride)
                                      .padding(config.patch_padding)));
  const auto& background = config.window_positional_embedding_background_size;
  positions_ =
      register_parameter("pos_embed", at::zeros({1, channels, background[0], background[1]}));
  const std::int64_t window = config.window_size_per_stage.front();
  window_positions_ =
      register_parameter("pos_embed_window", at::zeros({1, channels, window, window}));
  std::int64_t number = 0;
  for (std::size_t stage = 0; stage < config.blocks_per_stage.size(); ++stage) {
    for (std::int64_t block = 0; block < config.blocks_per_stage[stage]; ++block) {
      blocks_.append(HieraBlock(config, shape_of(config, stage, block, number++)));
    }
  }
}

std::vector<at::Tensor> HieraImpl::forward(const at::Tensor& pixels) {
  const std::string side = std::to_string(config_.image_size);
  check_shape(pixels, {"B", "3", side, side}, "Hiera: pixels");
  at::Tensor x = patches_(pixels);  // [B, C, H, W]
  const std::int64_t height = x.size(2), width = x.size(3);
  const at::Tensor background =
      at::upsample_bicubic2d(positions_, {height, width}, /*align_corners=*/false);
  const std::int64_t window = window_positions_.size(2);
  const at::Tensor windows = window_positions_.repeat({1, 1, height / window, width / window});
  x = (x + (background + windows)).permute({0, 2, 3, 1}).contiguous();
  std::vector<at::Tensor> maps;
  std::size_t number = 0;
  for (const std::int64_t blocks : config_.blocks_per_stage) {
    for (std::int64_t i = 0; i < blocks; ++i) x = blocks_[number++](x);
    maps.push_back(x);
  }
  return maps;
}

}  // namespace situ
