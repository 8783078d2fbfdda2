// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_image_encoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/module_scope.h"
#include "situ/nn/relative_window_attention.h"

namespace situ {
namespace {

using torch::nn::LayerNorm;
using torch::nn::LayerNormOptions;

}  // namespace

SamVisionAttentionImpl::SamVisionAttentionImpl(const SamVisionConfig& config, std::int64_t side)
    : heads_(config.num_attention_heads),
      qkv_(register_module("qkv", Linear(config.hidden_size, 3 * config.hidden_size))),
      proj_(register_module("proj", Linear(config.hidden_size, config.hidden_size))) {
  const at::Tensor table = at::zeros({2 * side - 1, config.hidden_size / heads_});
  rel_pos_h_ = register_parameter("rel_pos_h", table.clone());
  rel_pos_w_ = register_parameter("rel_pos_w", table.clone());
}

at::Tensor SamVisionAttentionImpl::forward(const at::Tensor& x) {
  // transformers pads with zeros before the layer, which makes its bias of them.
  return proj_(relative_window_attention(qkv_(x), qkv_->bias, heads_, rel_pos_h_, rel_pos_w_));
}

SamVisionLayerImpl::SamVisionLayerImpl(const SamVisionConfig& config, std::int64_t window) {
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
  const at::Tensor h = attention_(norm1_(x)).add_(x);
  return lin2_(linear_gelu(norm2_(h), lin1_->weight, lin1_->bias)).add_(h);
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
  neck_ = register_module("neck", SamNeck(config.hidden_size, config.output_channels));
}

at::Tensor SamImageEncoderImpl::forward(const at::Tensor& pixels) {
  const std::string side = std::to_string(config_.image_size);
  check_shape(pixels, {"B", "3", side, side}, "SamImageEncoder: pixels");
  at::Tensor x = patches_(pixels).permute({0, 2, 3, 1}).contiguous() + positions_;
  for (SamVisionLayer& layer : layers_) x = layer(x);
  return neck_(x.permute({0, 3, 1, 2}));
}

}  // namespace situ
