// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "situ/models/stable_diffusion/scheduler.h"

namespace situ {

/// What schedulers that visit timesteps of the training have in common.
class DiscreteScheduler : public Scheduler {
 public:
  const std::vector<double>& timesteps() const final { return timesteps_; }
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       std::size_t i) const final;

 protected:
  explicit DiscreteScheduler(NoiseSchedule schedule) : schedule_(std::move(schedule)) {}
  /// Called once, by the constructor of the scheduler.
  void visit(const std::vector<int64_t>& timesteps);

  const NoiseSchedule& schedule() const { return schedule_; }
  /// The timestep of step i.
  int64_t timestep(std::size_t i) const { return static_cast<int64_t>(timesteps_.at(i)); }

 private:
  NoiseSchedule schedule_;
  std::vector<double> timesteps_;  // whole numbers
};

}  // namespace situ
