// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

namespace situ {

/// An empty module that owns others: a step in the path of a key.
inline torch::nn::Module& add_scope(torch::nn::Module& owner, const std::string& name) {
  return *owner.register_module(name, std::make_shared<torch::nn::Module>(name));
}

}  // namespace situ
