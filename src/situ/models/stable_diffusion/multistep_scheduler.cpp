// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/multistep_scheduler.h"

#include <ATen/ATen.h>

#include <cmath>

namespace situ {

void MultistepScheduler::follow(SigmaSchedule run) {
  run_ = std::move(run);
  for (double& timestep : run_.timesteps) timestep = std::trunc(timestep);
}

at::Tensor MultistepScheduler::sigma(std::size_t i) const {
  return run_.sigmas[static_cast<int64_t>(i)];
}

PreservedLevel MultistepScheduler::level(std::size_t i) const { return PreservedLevel(sigma(i)); }

at::Tensor MultistepScheduler::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                         std::size_t i) const {
  const PreservedLevel now(sigma(i).to(original.options()));
  return now.alpha * original + now.sigma * noise;
}

}  // namespace situ
