// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/discrete_scheduler.h"

namespace situ {

void DiscreteScheduler::visit(const std::vector<int64_t>& timesteps) {
  timesteps_.assign(timesteps.begin(), timesteps.end());
}

at::Tensor DiscreteScheduler::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                        std::size_t i) const {
  return schedule_.add_noise(original, noise, timestep(i));
}

}  // namespace situ
