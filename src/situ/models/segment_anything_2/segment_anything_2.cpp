// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything_2/segment_anything_2.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "situ/nn/module_scope.h"

namespace situ {

SegmentAnything2Impl::SegmentAnything2Impl(const Sam2Config& config)
    : config_(config),
      no_memory_(register_parameter("no_memory_embedding",
                                    at::zeros({1, 1, config.vision.fpn_hidden_size}))),
      decoder_(*this, config.prompt) {
  torch::nn::Module& encoder = add_scope(*this, "vision_encoder");
  backbone_ = encoder.register_module("backbone", Hiera(config.vision));
  torch::nn::Module& laterals = add_scope(add_scope(encoder, "neck"), "convs");
  const auto& channels = config.vision.embed_dim_per_stage;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::int64_t from = channels[channels.size() - 1 - i];
    laterals_.push_back(laterals.register_module(
        std::to_string(i),
        Conv2d(torch::nn::Conv2dOptions(from, config.vision.fpn_hidden_size, 1))));
  }
}

SamImageFeatures SegmentAnything2Impl::encode_image(const at::Tensor& pixels) {
  const std::vector<at::Tensor> stages = backbone_(pixels);
  const auto& top_down = config_.vision.fpn_top_down_levels;
  std::vector<at::Tensor> maps(stages.size());  // as the stages
  for (std::size_t i = stages.size(); i-- > 0;) {
    maps[i] = laterals_[stages.size() - 1 - i](stages[i].permute({0, 3, 1, 2}));
    const bool joined =
        i + 1 < stages.size() &&
        std::find(top_down.begin(), top_down.end(), static_cast<std::int64_t>(i)) != top_down.end();
    if (joined) {
      maps[i] = maps[i] + at::upsample_nearest2d(maps[i + 1], {maps[i].size(2), maps[i].size(3)});
    }
  }
  // The coarsest map only helps the next one.
  return decoder_.with_details(maps[2] + no_memory_.view({1, -1, 1, 1}), maps[1], maps[0]);
}

}  // namespace situ
