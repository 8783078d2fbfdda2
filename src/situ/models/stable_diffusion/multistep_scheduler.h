// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/sigma_schedule.h"

namespace situ {

/// What solvers of higher order over a sigma schedule have in common: the variance preserving form
/// of each step's noise level.
class MultistepScheduler : public Scheduler {
 public:
  const std::vector<double>& timesteps() const final { return run_.timesteps; }
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       std::size_t i) const final;

 protected:
  /// Called once, by the constructor of the solver. The denoiser is asked at whole timesteps.
  void follow(SigmaSchedule run);
  /// The noise level of step i; of the step behind the last one, where the run ends.
  PreservedLevel level(std::size_t i) const;

 private:
  at::Tensor sigma(std::size_t i) const;

  SigmaSchedule run_;
};

}  // namespace situ
