// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/placed_network.h"

#include <torch/nn/module.h>

#include "situ/backends/model_files.h"
#include "situ/nn/channels_last.h"
#include "situ/nn/state_dict.h"

namespace situ {

void load_placed(torch::nn::Module& network, ModelPart& part, const Compute& compute,
                 const std::vector<std::string>& in_float32) {
  network.eval();
  network.to(compute.device, compute.dtype);
  for (const std::string& name : in_float32) network.named_children()[name]->to(at::kFloat);
  for (at::Tensor& weight : network.parameters()) weight.set_requires_grad(false);
  load_state_dict(network, std::move(part.weights), part.weights_file);
  part.weights.clear();
  require_finite(state_dict(network), part.weights_file);
  use_channels_last(network);
}

}  // namespace situ
