// SPDX-License-Identifier: Apache-2.0
#include "situ/training/optimizer.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.99;
constexpr double kEps = 1e-8;

double global_norm(const std::vector<at::Tensor>& gradients) {
  double squares = 0;
  for (const at::Tensor& norm : at::_foreach_norm(gradients))
    squares += std::pow(norm.item<double>(), 2);
  return std::sqrt(squares);
}

}  // namespace

Optimizer::Optimizer(torch::nn::Module& module, const TrainingOptions& options)
    : weight_decay_(options.weight_decay),
      gradient_clip_(options.gradient_clip),
      average_decay_(options.average_decay) {
  for (const auto& item : module.named_parameters()) {
    names_.push_back(item.key());
    weights_.push_back(item.value());
    averages_.push_back(item.value().detach().clone());
    first_moments_.push_back(at::zeros_like(averages_.back()));
    second_moments_.push_back(at::zeros_like(averages_.back()));
    step_counts_.push_back(at::zeros({}, at::kFloat));
  }
}

double Optimizer::step(double learning_rate) {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> gradients, touched, first, second, counts;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    at::Tensor& gradient = weights_[i].mutable_grad();
    if (!gradient.defined()) continue;  // a weight that this step's loss does not depend on
    gradients.push_back(gradient);
    touched.push_back(weights_[i].data());
    first.push_back(first_moments_[i]);
    second.push_back(second_moments_[i]);
    counts.push_back(step_counts_[i]);
  }
  const double norm = global_norm(gradients);
  if (std::isfinite(norm)) {
    if (norm > gradient_clip_) at::_foreach_mul_(gradients, gradient_clip_ / norm);
    at::_foreach_add_(counts, 1);
    at::_fused_adamw_(touched, gradients, first, second, {}, counts, learning_rate, kBeta1, kBeta2,
                      weight_decay_, kEps, /*amsgrad=*/false, /*maximize=*/false);
  }
  for (at::Tensor& weight : weights_) weight.mutable_grad() = at::Tensor();

  // A young average follows quickly, so that early samples already show what was learned.
  ++steps_done_;
  const auto count = static_cast<double>(steps_done_);
  const double decay = std::min(average_decay_, (1 + count) / (10 + count));
  std::vector<at::Tensor> data;
  for (const at::Tensor& weight : weights_) data.push_back(weight.data());
  at::_foreach_lerp_(averages_, data, 1 - decay);
  return norm;
}

StateDict Optimizer::state() const {
  StateDict state;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    state["weight." + names_[i]] = weights_[i].detach();
    state["average." + names_[i]] = averages_[i];
    state["first." + names_[i]] = first_moments_[i];
    state["second." + names_[i]] = second_moments_[i];
    state["count." + names_[i]] = step_counts_[i];
  }
  return state;
}

void Optimizer::load(const StateDict& saved, int64_t steps_done, const std::string& file) {
  const at::NoGradGuard no_gradients;
  for (auto& [name, target] : state()) {
    const auto found = saved.find(name);
    if (found == saved.end()) throw DataError(file, "the snapshot lacks " + name);
    if (found->second.sizes() != target.sizes()) {
      throw DataError(
          file, name + ": expected " + shape_text(target) + ", got " + shape_text(found->second));
    }
    at::Tensor destination = target;
    destination.copy_(found->second);
  }
  steps_done_ = steps_done;
}

void Optimizer::swap_average() {
  const at::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor kept = weights_[i].detach().clone();
    weights_[i].data().copy_(averages_[i]);
    averages_[i].copy_(kept);
  }
}

}  // namespace situ
