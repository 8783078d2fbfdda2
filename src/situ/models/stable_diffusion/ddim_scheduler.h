// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/models/stable_diffusion/scheduler.h"

namespace situ {

/// Deterministic DDIM (Song et al. 2021, eta 0) with the semantics of diffusers' DDIMScheduler.
class DdimScheduler : public Scheduler {
 public:
  DdimScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  const std::vector<int64_t>& timesteps() const override { return timesteps_; }
  at::Tensor step(const at::Tensor& model_output, int64_t timestep,
                  const at::Tensor& sample) override;
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       int64_t timestep) const override;

 private:
  NoiseSchedule schedule_;
  bool clip_sample_ = true;
  double clip_sample_range_ = 1;
  int64_t stride_ = 0;
  std::vector<int64_t> timesteps_;
};

}  // namespace situ
