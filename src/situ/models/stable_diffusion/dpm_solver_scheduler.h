// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "situ/models/stable_diffusion/multistep_scheduler.h"

namespace situ {

/// DPM-Solver++ as a multistep solver of order 1 to 3 (Lu et al. 2022), deterministic or as a
/// stochastic differential equation. As diffusers' DPMSolverMultistepScheduler with the
/// algorithm_type "dpmsolver++" or "sde-dpmsolver++".
class DpmSolverScheduler : public MultistepScheduler {
 public:
  DpmSolverScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;

 private:
  struct Differences;
  int64_t order_at(std::size_t i) const;
  Differences differences(std::size_t i, int64_t order) const;
  at::Tensor deterministic_step(const at::Tensor& sample, std::size_t i, int64_t order) const;
  at::Tensor stochastic_step(const at::Tensor& sample, std::size_t i, int64_t order,
                             const at::Tensor& noise) const;

  PredictionType prediction_type_;
  int64_t solver_order_ = 2;
  bool stochastic_ = false;
  bool heun_ = false;
  bool lower_order_final_ = true;
  bool euler_at_final_ = false;
  bool ends_at_zero_ = true;
  std::deque<at::Tensor> originals_;  // predicted; at most solver_order_, newest last
  int64_t known_ = 0;                 // how many of them count, up to solver_order_
};

}  // namespace situ
