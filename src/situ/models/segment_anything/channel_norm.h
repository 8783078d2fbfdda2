// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

namespace situ {

/// Layer normalisation over the channels of [B, C, H, W], each pixel for itself.
class ChannelNormImpl : public torch::nn::Module {
 public:
  explicit ChannelNormImpl(std::int64_t channels, double eps = 1e-6);
  at::Tensor forward(const at::Tensor& x);

 private:
  double eps_;
  at::Tensor weight_, bias_;
};
TORCH_MODULE(ChannelNorm);

}  // namespace situ
