// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "situ/nn/state_dict.h"
#include "situ/training/training_options.h"

namespace torch::nn {
class Module;
}

namespace situ {

/// AdamW (Loshchilov and Hutter 2019) with clipping by the global norm, and an exponential moving
/// average of the weights. Its whole state goes through `state()` and `load()`.
class Optimizer {
 public:
  Optimizer(torch::nn::Module& module, const TrainingOptions& options);

  /// One update from the gradients of the module, which are cleared; returns their norm before
  /// clipping. A step whose gradients are not finite is skipped (the norm says so).
  double step(double learning_rate);

  /// Weights, averages and moments, shared, under "weight.", "average.", "first." and "second.".
  StateDict state() const;
  /// Copies a state made by `state()` into the module and this. Throws DataError naming `file`.
  void load(const StateDict& state, int64_t steps_done, const std::string& file);

  /// Exchanges weights and averages: call it in pairs around whatever wants the averaged model.
  void swap_average();

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> weights_, averages_, first_moments_, second_moments_, step_counts_;
  double weight_decay_, gradient_clip_, average_decay_;
  int64_t steps_done_ = 0;
};

}  // namespace situ
