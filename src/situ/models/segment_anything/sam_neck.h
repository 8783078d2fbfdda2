// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "situ/models/segment_anything/channel_norm.h"
#include "situ/nn/layers.h"

namespace situ {

/// What brings an encoder's map to the channels of prompts and masks: transformers' SamVisionNeck,
/// with its keys.
class SamNeckImpl : public torch::nn::Module {
 public:
  SamNeckImpl(std::int64_t in, std::int64_t out);
  /// [B, in, h, w] to [B, out, h, w].
  at::Tensor forward(const at::Tensor& x);

 private:
  Conv2d conv1_, conv2_;
  ChannelNorm norm1_, norm2_;
};
TORCH_MODULE(SamNeck);

}  // namespace situ
