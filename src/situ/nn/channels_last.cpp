// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/channels_last.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

namespace situ {

void use_channels_last(torch::nn::Module& module) {
  const at::NoGradGuard no_gradients;
  for (at::Tensor& weight : module.parameters()) {
    if (weight.dim() == 4) weight.set_data(weight.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace situ
