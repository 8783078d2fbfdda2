// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_image_encoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/attention.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

using torch::nn::LayerNorm;
using torch::nn::LayerNormOptions;

// [B, H, W, D] to [B * windows, window * window, D]; zeros fill up the right and the bottom.
at::Tensor cut_into_windows(const at::Tensor& x, std::int64_t window) {
  const std::int64_t bottom = (window - x.size(1) % window) % window;
  const std::int64_t right = (window - x.size(2) % window) % window;
  const at::Tensor full = at::constant_pad_nd(x, {0, 0, 0, right, 0, bottom});
  const std::int64_t down = full.size(1) / window, across = full.size(2) / window;
  return full.view({x.size(0), down, window, across, window, x.size(3)})
      .transpose(2, 3)
      .reshape({-1, window * window, x.size(3)});
}

// The inverse, for the shape that was cut.
at::Tensor joined_windows(const at::Tensor& windows, std::int64_t window, at::IntArrayRef shape) {
  const std::int64_t down = (shape[1] + window - 1) / window;
  const std::int64_t across = (shape[2] + window - 1) / window;
  return windows.view({shape[0], down, across, window, window, shape[3]})
      .transpose(2, 3)
      .reshape({shape[0], down * window, across * window, shape[3]})
      .narrow(1, 0, shape[1])
      .narrow(2, 0, shape[2]);
}

}  // namespace

SamVisionAttentionImpl::SamVisionAttentionImpl(const SamVisionConfig& config, std::int64_t side)
    : heads_(config.num_attention_heads),
      side_(side),
      qkv_(register_module("qkv", Linear(config.hidden_size, 3 * config.hidden_size))),
      proj_(register_module("proj", Linear(config.hidden_size, config.hidden_size))) {
  const at::Tensor table = at::zeros({2 * side - 1, config.hidden_size / heads_});
  rel_pos_h_ = register_parameter("rel_pos_h", table.clone());
  rel_pos_w_ = register_parameter("rel_pos_w", table.clone());
}

at::Tensor SamVisionAttentionImpl::forward(const at::Tensor& x) {
  const std::vector<at::Tensor> parts = qkv_(x).chunk(3, 2);  // 3 x [N, T, D]
  const at::Tensor& q = parts[0];
  return proj_(grid_attention(q, parts[1], parts[2], heads_, position_terms(q, rel_pos_h_, 0),
                              position_terms(q, rel_pos_w_, 1)));
}

at::Tensor SamVisionAttentionImpl::position_terms(const at::Tensor& q, const at::Tensor& table,
                                                  std::int64_t axis) const {
  // Row (query's place - key's place + side - 1) of the table: [place, key, d].
  const at::Tensor place = at::arange(side_, at::TensorOptions(at::kLong).device(q.device()));
  const at::Tensor index = place.unsqueeze(1) - place.unsqueeze(0) + (side_ - 1);
  const at::Tensor of_place =
      table.index_select(0, index.flatten()).view({side_, side_, -1}).transpose(1, 2);
  // The queries (unscaled) of one place along the axis together: [place, N * heads * other, d].
  const std::int64_t batch = q.size(0);
  const at::Tensor queries = q.view({batch, side_, side_, heads_, -1});
  const at::Tensor by_place = axis == 0 ? queries.permute({1, 0, 3, 2, 4})   // [y, N, heads, x, d]
                                        : queries.permute({2, 0, 3, 1, 4});  // [x, N, heads, y, d]
  const at::Tensor terms = at::bmm(by_place.reshape({side_, batch * heads_ * side_, -1}), of_place)
                               .view({side_, batch, heads_, side_, side_});
  const at::Tensor in_order = axis == 0 ? terms.permute({1, 2, 0, 3, 4})
                                        : terms.permute({1, 2, 3, 0, 4});  // [N, heads, y, x, key]
  return in_order.to(at::kFloat).reshape({batch, heads_, side_ * side_, side_});
}

SamVisionLayerImpl::SamVisionLayerImpl(const SamVisionConfig& config, std::int64_t window)
    : window_(window) {
  const LayerNormOptions norm = LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps);
  norm1_ = register_module("layer_norm1", LayerNorm(norm));
  norm2_ = register_module("layer_norm2", LayerNorm(norm));
  attention_ =
      register_module("attn", SamVisionAttention(config, window == 0 ? config.grid() : window));
  torch::nn::Module& mlp = add_scope(*this, "mlp");
  lin1_ = mlp.register_module("lin1", Linear(config.hidden_size, config.mlp_dim));
  lin2_ = mlp.register_module("lin2", Linear(config.mlp_dim, config.hidden_size));
}

at::Tensor SamVisionLayerImpl::forward(const at::Tensor& x) {
  const at::Tensor normed = norm1_(x);
  const at::Tensor attended =
      window_ == 0
          ? attention_(normed.flatten(1, 2)).view(x.sizes())
          : joined_windows(attention_(cut_into_windows(normed, window_)), window_, x.sizes());
  const at::Tensor h = x + attended;
  at::Tensor hidden = lin1_(norm2_(h));
  return lin2_(at::gelu_(hidden)).add_(h);
}

SamImageEncoderImpl::SamImageEncoderImpl(const SamVisionConfig& config)
    : config_(config), layers_(*this, "layers") {
  patches_ =
      add_scope(*this, "patch_embed")
          .register_module("projection",
                           Conv2d(torch::nn::Conv2dOptions(3, config.hidden_size, config.patch_size)
                                      .stride(config.patch_size)));
  positions_ = register_parameter("pos_embed",
                                  at::zeros({1, config.grid(), config.grid(), config.hidden_size}));
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const auto& global = config.global_attn_indexes;
    const bool everywhere = std::find(global.begin(), global.end(), i) != global.end();
    layers_.append(SamVisionLayer(config, everywhere ? 0 : config.window_size));
  }
  torch::nn::Module& neck = add_scope(*this, "neck");
  const std::int64_t out = config.output_channels;
  const auto convolution = [](std::int64_t from, std::int64_t to, std::int64_t size) {
    return Conv2d(torch::nn::Conv2dOptions(from, to, size).padding(size / 2).bias(false));
  };
  neck1_ = neck.register_module("conv1", convolution(config.hidden_size, out, 1));
  neck_norm1_ = neck.register_module("layer_norm1", ChannelNorm(out));
  neck2_ = neck.register_module("conv2", convolution(out, out, 3));
  neck_norm2_ = neck.register_module("layer_norm2", ChannelNorm(out));
}

at::Tensor SamImageEncoderImpl::forward(const at::Tensor& pixels) {
  const std::string side = std::to_string(config_.image_size);
  check_shape(pixels, {"B", "3", side, side}, "SamImageEncoder: pixels");
  at::Tensor x = patches_(pixels).permute({0, 2, 3, 1}).contiguous() + positions_;
  for (SamVisionLayer& layer : layers_) x = layer(x);
  return neck_norm2_(neck2_(neck_norm1_(neck1_(x.permute({0, 3, 1, 2})))));
}

}  // namespace situ
