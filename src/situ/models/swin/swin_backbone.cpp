// SPDX-License-Identifier: Apache-2.0
#include "situ/models/swin/swin_backbone.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/module_scope.h"

namespace situ {
namespace {

using torch::nn::LayerNorm;
using torch::nn::LayerNormOptions;
using torch::nn::LinearOptions;

LayerNorm layer_norm(std::int64_t channels, double eps) {
  return LayerNorm(LayerNormOptions({channels}).eps(eps));
}

SwinWindows on_device(SwinWindows windows, const at::Device& device) {
  for (at::Tensor* one : {&windows.source, &windows.padding, &windows.place, &windows.apart}) {
    if (one->defined()) *one = one->to(device);
  }
  return windows;
}

}  // namespace

SwinBlockImpl::SwinBlockImpl(const SwinConfig& config, std::int64_t channels, std::int64_t heads)
    : heads_(heads) {
  norm_before_ = register_module("layernorm_before", layer_norm(channels, config.layer_norm_eps));
  norm_after_ = register_module("layernorm_after", layer_norm(channels, config.layer_norm_eps));
  torch::nn::Module& attention = add_scope(*this, "attention");
  torch::nn::Module& self = add_scope(attention, "self");
  const LinearOptions projection = LinearOptions(channels, channels).bias(config.qkv_bias);
  query_ = self.register_module("query", Linear(projection));
  key_ = self.register_module("key", Linear(projection));
  value_ = self.register_module("value", Linear(projection));
  const std::int64_t places = 2 * config.window_size - 1;
  bias_table_ =
      self.register_parameter("relative_position_bias_table", at::zeros({places * places, heads}));
  position_index_ = relative_position_index(config.window_size).flatten();
  attention_output_ =
      add_scope(attention, "output").register_module("dense", Linear(channels, channels));
  const auto hidden = static_cast<std::int64_t>(config.mlp_ratio * static_cast<double>(channels));
  intermediate_ =
      add_scope(*this, "intermediate").register_module("dense", Linear(channels, hidden));
  output_ = add_scope(*this, "output").register_module("dense", Linear(hidden, channels));
}

at::Tensor SwinBlockImpl::forward(at::Tensor x, const SwinWindows& windows) {
  const std::int64_t batch = x.size(0), channels = x.size(2);
  // Gathering is padding, moving and cutting in one. What pads is zero behind the norm.
  at::Tensor rows = norm_before_(x.index_select(1, windows.source));
  if (windows.padding.numel() > 0) rows.index_fill_(1, windows.padding, 0);
  const at::Tensor attended =
      attend(rows.view({batch * windows.count, windows.tokens, channels}), windows);
  x = x + attended.view({batch, -1, channels}).index_select(1, windows.place);
  return output_(at::gelu(intermediate_(norm_after_(x)))).add_(x);
}

at::Tensor SwinBlockImpl::attend(const at::Tensor& windows, const SwinWindows& layout) {
  const auto split = [&](const at::Tensor& y) {
    return y.view({y.size(0), y.size(1), heads_, -1}).transpose(1, 2);  // [n, heads, T, d]
  };
  const std::int64_t count = windows.size(0);
  at::Tensor bias = position_bias(layout, windows.scalar_type());  // [windows or 1, heads, T, T]
  if (bias.size(0) > 1 && bias.size(0) < count) {
    bias = bias.repeat({count / bias.size(0), 1, 1, 1});  // the same for every picture
  }
  return attention_output_(at::scaled_dot_product_attention(split(query_(windows)),
                                                            split(key_(windows)),
                                                            split(value_(windows)), bias)
                               .transpose(1, 2)
                               .reshape(windows.sizes()));
}

at::Tensor SwinBlockImpl::position_bias(const SwinWindows& layout, at::ScalarType dtype) {
  const at::Tensor index = position_index_.to(bias_table_.device());
  at::Tensor bias = bias_table_.index_select(0, index)
                        .view({layout.tokens, layout.tokens, heads_})
                        .permute({2, 0, 1})
                        .unsqueeze(0);
  if (layout.apart.defined()) bias = bias + layout.apart.unsqueeze(1);
  return bias.to(dtype).contiguous();
}

SwinStageImpl::SwinStageImpl(const SwinConfig& config, std::int64_t stage)
    : window_(config.window_size), blocks_(*this, "blocks") {
  const auto at = static_cast<std::size_t>(stage - 1);
  const std::int64_t channels = config.channels(stage);
  for (std::int64_t i = 0; i < config.depths[at]; ++i) {
    blocks_.append(SwinBlock(config, channels, config.num_heads[at]));
  }
  if (at + 1 < config.depths.size()) {
    torch::nn::Module& merge = add_scope(*this, "downsample");
    merge_norm_ = merge.register_module("norm", layer_norm(4 * channels, 1e-5));
    reduction_ = merge.register_module(
        "reduction", Linear(LinearOptions(4 * channels, 2 * channels).bias(false)));
  }
}

at::Tensor SwinStageImpl::forward(at::Tensor x, std::int64_t height, std::int64_t width) {
  const SwinWindows plain = on_device(swin_windows(height, width, window_, 0), x.device());
  const SwinWindows moved =
      blocks_.size() > 1 ? on_device(swin_windows(height, width, window_, window_ / 2), x.device())
                         : plain;
  for (std::size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i](x, i % 2 == 0 ? plain : moved);
  return x;
}

at::Tensor SwinStageImpl::merge(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  at::Tensor map = x.view({x.size(0), height, width, x.size(2)});
  if (height % 2 == 1 || width % 2 == 1) {
    map = at::constant_pad_nd(map, {0, 0, 0, width % 2, 0, height % 2});
  }
  std::vector<at::Tensor> parts;
  for (const std::int64_t column : {0, 1}) {
    for (const std::int64_t row : {0, 1}) {
      parts.push_back(map.slice(1, row, {}, 2).slice(2, column, {}, 2));
    }
  }
  const at::Tensor joined = at::cat(parts, 3);
  return reduction_(merge_norm_(joined.view({x.size(0), -1, joined.size(3)})));
}

SwinBackboneImpl::SwinBackboneImpl(const SwinConfig& config)
    : config_(config), stages_(add_scope(*this, "encoder"), "layers") {
  torch::nn::Module& embeddings = add_scope(*this, "embeddings");
  patch_projection_ =
      add_scope(embeddings, "patch_embeddings")
          .register_module("projection",
                           Conv2d(torch::nn::Conv2dOptions(config.num_channels, config.embed_dim,
                                                           config.patch_size)
                                      .stride(config.patch_size)));
  patch_norm_ = embeddings.register_module("norm", layer_norm(config.embed_dim, 1e-5));
  const auto stages = static_cast<std::int64_t>(config.depths.size());
  for (std::int64_t i = 1; i <= stages; ++i) stages_.append(SwinStage(config, i));
  torch::nn::Module& norms = add_scope(*this, "hidden_states_norms");
  for (const std::int64_t stage : config.out_indices) {
    out_norms_.push_back(norms.register_module("stage" + std::to_string(stage),
                                               layer_norm(config.channels(stage), 1e-5)));
  }
}

std::vector<at::Tensor> SwinBackboneImpl::forward(const at::Tensor& pixels) {
  check_shape(pixels, {"B", std::to_string(config_.num_channels), "H", "W"},
              "SwinBackbone: pixels");
  const std::int64_t patch = config_.patch_size;
  const std::int64_t right = (patch - pixels.size(3) % patch) % patch;
  const std::int64_t bottom = (patch - pixels.size(2) % patch) % patch;
  const bool fits = right == 0 && bottom == 0;
  const at::Tensor patches =
      patch_projection_(fits ? pixels : at::constant_pad_nd(pixels, {0, right, 0, bottom}));
  std::int64_t height = patches.size(2), width = patches.size(3);
  at::Tensor x = patch_norm_(patches.flatten(2).transpose(1, 2));  // [B, H * W, C]
  std::vector<at::Tensor> maps;
  const auto last = static_cast<std::size_t>(config_.out_indices.back());
  for (std::size_t i = 0; i < last; ++i) {
    x = stages_[i](x, height, width);
    if (config_.out_indices[maps.size()] == static_cast<std::int64_t>(i) + 1) {
      maps.push_back(out_norms_[maps.size()](x).transpose(1, 2).reshape(
          {x.size(0), x.size(2), height, width}));
    }
    if (i + 1 == last) break;
    x = stages_[i]->merge(x, height, width);
    height = (height + 1) / 2;
    width = (width + 1) / 2;
  }
  return maps;
}

}  // namespace situ
