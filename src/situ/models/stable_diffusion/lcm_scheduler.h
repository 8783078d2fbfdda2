// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/models/stable_diffusion/scheduler.h"

namespace situ {

/// Multistep sampling of latent consistency models (Luo et al. 2023), as diffusers' LCMScheduler.
class LcmScheduler : public Scheduler {
 public:
  LcmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  const std::vector<double>& timesteps() const override { return timesteps_; }
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       std::size_t i) const override;

 private:
  NoiseSchedule schedule_;
  double timestep_scaling_ = 10;
  bool clip_sample_ = false;
  double clip_sample_range_ = 1;
  std::vector<double> timesteps_;  // whole numbers
};

}  // namespace situ
