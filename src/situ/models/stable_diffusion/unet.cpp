// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/unet.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "situ/nn/timestep_embedding.h"

namespace situ {
namespace {

using torch::nn::Conv2dOptions;

Conv2d conv3x3(int64_t in, int64_t out) { return Conv2d(Conv2dOptions(in, out, 3).padding(1)); }

at::Tensor taken_from(std::vector<at::Tensor>& skips) {
  at::Tensor newest = std::move(skips.back());
  skips.pop_back();
  return newest;
}

}  // namespace

UNetDownBlockImpl::UNetDownBlockImpl(const UNetBlockOptions& o)
    : attentions_(*this, "attentions"),
      resnets_(*this, "resnets"),
      downsamplers_(*this, "downsamplers") {
  for (const ResnetBlockOptions& resnet : o.resnets) {
    resnets_.append(ResnetBlock(resnet));
    if (o.attention) attentions_.append(SpatialTransformer(o.transformer));
  }
  if (o.resample) {
    downsamplers_.append(Downsample(o.resnets.back().out_channels, DownsamplePadding::kAllSides));
  }
}

at::Tensor UNetDownBlockImpl::forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                                      std::vector<at::Tensor>& skips) {
  for (std::size_t i = 0; i < resnets_.size(); ++i) {
    x = resnets_[i](x, time);
    if (!attentions_.empty()) x = attentions_[i](x, text);
    skips.push_back(x);
  }
  for (Downsample& downsample : downsamplers_) {
    x = downsample(x);  // [B, C, h/2, w/2]
    skips.push_back(x);
  }
  return x;
}

UNetMidBlockImpl::UNetMidBlockImpl(const ResnetBlockOptions& resnet,
                                   const SpatialTransformerOptions& transformer)
    : attentions_(*this, "attentions"), resnets_(*this, "resnets") {
  resnets_.append(ResnetBlock(resnet));
  attentions_.append(SpatialTransformer(transformer));
  resnets_.append(ResnetBlock(resnet));
}

at::Tensor UNetMidBlockImpl::forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text) {
  x = resnets_[0](x, time);
  x = attentions_[0](x, text);
  return resnets_[1](x, time);
}

UNetUpBlockImpl::UNetUpBlockImpl(const UNetBlockOptions& o)
    : attentions_(*this, "attentions"),
      resnets_(*this, "resnets"),
      upsamplers_(*this, "upsamplers") {
  for (const ResnetBlockOptions& resnet : o.resnets) {
    resnets_.append(ResnetBlock(resnet));
    if (o.attention) attentions_.append(SpatialTransformer(o.transformer));
  }
  if (o.resample) upsamplers_.append(Upsample(o.resnets.back().out_channels));
}

at::Tensor UNetUpBlockImpl::layer(std::size_t i, at::Tensor x, const at::Tensor& time,
                                  const at::Tensor& text, std::vector<at::Tensor>& skips) {
  x = at::cat({x, taken_from(skips)}, 1);
  x = resnets_[i](x, time);
  return attentions_.empty() ? x : attentions_[i](x, text);
}

at::Tensor UNetUpBlockImpl::before_last_layer(at::Tensor x, const at::Tensor& time,
                                              const at::Tensor& text,
                                              std::vector<at::Tensor>& skips) {
  for (std::size_t i = 0; i + 1 < resnets_.size(); ++i) x = layer(i, x, time, text, skips);
  return x;
}

at::Tensor UNetUpBlockImpl::last_layer(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                                       std::vector<at::Tensor>& skips) {
  return layer(resnets_.size() - 1, x, time, text, skips);
}

at::Tensor UNetUpBlockImpl::forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                                    std::vector<at::Tensor>& skips) {
  x = before_last_layer(x, time, text, skips);
  x = last_layer(x, time, text, skips);
  for (Upsample& upsample : upsamplers_) {
    x = upsample(x, skips.back().size(2), skips.back().size(3));
  }
  return x;
}

TimeEmbeddingImpl::TimeEmbeddingImpl(int64_t in_channels, int64_t channels,
                                     int64_t condition_channels)
    : linear_1_(register_module("linear_1", Linear(in_channels, channels))),
      linear_2_(register_module("linear_2", Linear(channels, channels))) {
  if (condition_channels == 0) return;
  cond_proj_ = register_module(
      "cond_proj", Linear(torch::nn::LinearOptions(condition_channels, in_channels).bias(false)));
}

at::Tensor TimeEmbeddingImpl::forward(const at::Tensor& features, const at::Tensor& condition) {
  const at::Tensor known = condition.defined() ? features + cond_proj_(condition) : features;
  return linear_2_(at::silu(linear_1_(known)));
}

UNetImpl::UNetImpl(const UNetConfig& config)
    : config_(config), down_blocks_(*this, "down_blocks"), up_blocks_(*this, "up_blocks") {
  const int64_t first = config.block_out_channels.front();
  const int64_t last = config.block_out_channels.back();
  conv_in_ = register_module("conv_in", conv3x3(config.in_channels, first));
  time_embedding_ =
      register_module("time_embedding", TimeEmbedding(first, 4 * first, config.time_cond_proj_dim));
  if (config.has_additional_embedding()) {
    add_embedding_ =
        register_module("add_embedding", TimeEmbedding(config.addition_input_dim, 4 * first));
  }
  add_down_blocks();
  mid_block_ = register_module(
      "mid_block",
      UNetMidBlock(resnet(last, last), transformer(config.block_out_channels.size() - 1)));
  add_up_blocks();
  conv_norm_out_ = register_module(
      "conv_norm_out",
      torch::nn::GroupNorm(
          torch::nn::GroupNormOptions(config.norm_num_groups, first).eps(config.norm_eps)));
  conv_out_ = register_module("conv_out", conv3x3(first, config.out_channels));
}

ResnetBlockOptions UNetImpl::resnet(int64_t in_channels, int64_t out_channels) const {
  return {.in_channels = in_channels,
          .out_channels = out_channels,
          .time_channels = 4 * config_.block_out_channels.front(),
          .groups = config_.norm_num_groups,
          .eps = config_.norm_eps};
}

SpatialTransformerOptions UNetImpl::transformer(std::size_t level) const {
  return {.channels = config_.block_out_channels[level],
          .heads = config_.attention_heads[level],
          .layers = config_.transformer_layers[level],
          .text_channels = config_.cross_attention_dim,
          .groups = config_.norm_num_groups,
          .linear_projection = config_.use_linear_projection};
}

void UNetImpl::add_down_blocks() {
  const std::vector<int64_t>& channels = config_.block_out_channels;
  for (std::size_t level = 0; level < channels.size(); ++level) {
    const int64_t in = channels[level == 0 ? 0 : level - 1];
    UNetBlockOptions block{.attention = config_.down_has_attention[level],
                           .transformer = transformer(level),
                           .resample = level + 1 < channels.size()};
    for (int64_t i = 0; i < config_.layers_per_block[level]; ++i) {
      block.resnets.push_back(resnet(i == 0 ? in : channels[level], channels[level]));
    }
    down_blocks_.append(UNetDownBlock(block));
  }
}

void UNetImpl::add_up_blocks() {
  const std::vector<int64_t>& channels = config_.block_out_channels;
  const std::size_t levels = channels.size();
  for (std::size_t i = 0; i < levels; ++i) {
    const std::size_t level = levels - 1 - i;
    const int64_t out = channels[level];
    const int64_t below = channels[level + 1 < levels ? level + 1 : level];
    const int64_t above = channels[level == 0 ? 0 : level - 1];
    UNetBlockOptions block{.attention = config_.up_has_attention[i],
                           .transformer = transformer(level),
                           .resample = level > 0};
    // One layer more than on the way down: the last one takes the skip that the level above gave.
    const int64_t layers = config_.layers_per_block[level] + 1;
    for (int64_t layer = 0; layer < layers; ++layer) {
      const int64_t skip = layer + 1 == layers ? above : out;
      block.resnets.push_back(resnet((layer == 0 ? below : out) + skip, out));
    }
    up_blocks_.append(UNetUpBlock(block));
  }
}

at::Tensor UNetImpl::embedded_time(const at::Tensor& timesteps, const UNetCondition& condition,
                                   at::ScalarType dtype) {
  const TimestepEmbeddingOptions sinusoid{.cosine_first = config_.flip_sin_to_cos,
                                          .freq_shift = config_.freq_shift};
  if ((config_.time_cond_proj_dim > 0) != condition.guidance.defined()) {
    throw std::invalid_argument("UNet: the guidance embedding goes with time_cond_proj_dim");
  }
  const at::Tensor features =
      timestep_embedding(timesteps, config_.block_out_channels.front(), sinusoid);
  const at::Tensor time = time_embedding_(features.to(dtype), condition.guidance);
  if (!config_.has_additional_embedding()) return time;

  if (!condition.pooled_text.defined() || !condition.time_ids.defined()) {
    throw std::invalid_argument("UNet: this network takes a pooled text and time ids (SDXL)");
  }
  const at::Tensor sizes =
      timestep_embedding(condition.time_ids.flatten(), config_.addition_time_embed_dim, sinusoid)
          .reshape({condition.time_ids.size(0), -1});  // [B, 6 * addition_time_embed_dim]
  const at::Tensor added = at::cat({condition.pooled_text.to(sizes.scalar_type()), sizes}, 1);
  if (added.size(1) != config_.addition_input_dim) {
    throw std::invalid_argument("UNet: the pooled text and time ids give " +
                                std::to_string(added.size(1)) + " features, the network takes " +
                                std::to_string(config_.addition_input_dim));
  }
  return time + add_embedding_(added.to(dtype));
}

at::Tensor UNetImpl::forward(const at::Tensor& sample, const at::Tensor& timesteps,
                             const UNetCondition& condition, DeepFeatures* shared) {
  // Every resnet applies SiLU to the time embedding before it projects it: once is enough.
  const at::Tensor time = at::silu(embedded_time(timesteps, condition, sample.scalar_type()));

  const at::Tensor& text = condition.text;

  at::Tensor x = conv_in_(sample);  // [B, C0, h, w]
  std::vector<at::Tensor> skips = {x};
  UNetUpBlock& last_block = up_blocks_[up_blocks_.size() - 1];
  if (shared != nullptr && shared->features.defined()) {
    x = shared->features;
  } else {
    for (UNetDownBlock& block : down_blocks_) x = block(x, time, text, skips);
    x = mid_block_(x, time, text);
    for (std::size_t i = 0; i + 1 < up_blocks_.size(); ++i) {
      x = up_blocks_[i](x, time, text, skips);
    }
    x = last_block->before_last_layer(x, time, text, skips);
    if (shared != nullptr) shared->features = x;
  }
  x = last_block->last_layer(x, time, text, skips);
  return conv_out_(at::silu(conv_norm_out_(x)));  // [B, out, h, w]
}

}  // namespace situ
