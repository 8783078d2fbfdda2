// SPDX-License-Identifier: Apache-2.0
#include "situ/models/mobile_sam/tiny_vit.h"

#include <ATen/ATen.h>

#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/module_scope.h"

namespace situ {

TinyVitStageImpl::TinyVitStageImpl(const TinyVitConfig& config, std::size_t stage) {
  const std::int64_t channels = config.channels[stage], hidden = config.widening * channels;
  torch::nn::Module& blocks = add_scope(*this, "blocks");
  for (std::int64_t i = 0; i < config.depths[stage]; ++i) {
    const std::string name = std::to_string(i);
    if (stage == 0) {
      convolutions_.push_back(blocks.register_module(name, TinyVitConvolutions(channels, hidden)));
    } else {
      blocks_.push_back(blocks.register_module(
          name, TinyVitBlock(channels, config.heads[stage], config.windows[stage], hidden)));
    }
  }
  if (stage < config.strides.size()) {
    merging_ = register_module(
        "downsample", TinyVitMerging(channels, config.channels[stage + 1], config.strides[stage]));
  }
}

at::Tensor TinyVitStageImpl::forward(at::Tensor x) {
  for (TinyVitConvolutions& convolutions : convolutions_) x = convolutions(x);
  for (TinyVitBlock& block : blocks_) x = block(x);
  return merging_ ? merging_(x) : x;
}

TinyVitImpl::TinyVitImpl(const TinyVitConfig& config)
    : config_(config),
      stages_(*this, "layers"),
      neck_(register_module("neck", SamNeck(config.channels.back(), config.output_channels))) {
  const std::int64_t channels = config.channels.front();
  torch::nn::Module& patches = add_scope(add_scope(*this, "patch_embed"), "seq");
  patches1_ = patches.register_module(
      "0",
      NormedConvolution(ConvolutionShape{.in = 3, .out = channels / 2, .size = 3, .stride = 2}));
  patches2_ = patches.register_module(
      "2", NormedConvolution(
               ConvolutionShape{.in = channels / 2, .out = channels, .size = 3, .stride = 2}));
  for (std::size_t i = 0; i < config.channels.size(); ++i) stages_.append(TinyVitStage(config, i));
}

at::Tensor TinyVitImpl::forward(const at::Tensor& pixels) {
  const std::string side = std::to_string(config_.image_size);
  check_shape(pixels, {"B", "3", side, side}, "TinyVit: pixels");
  at::Tensor x = patches1_(pixels.contiguous(at::MemoryFormat::ChannelsLast));
  x = patches2_(at::gelu(x));
  for (TinyVitStage& stage : stages_) x = stage(x);
  return neck_(x);
}

}  // namespace situ
