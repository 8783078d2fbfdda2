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
  const std::vector<double>& timesteps() const override { return timesteps_; }
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       std::size_t i) const override;

 private:
  NoiseSchedule schedule_;
  bool clip_sample_ = true;
  double clip_sample_range_ = 1;
  int64_t stride_ = 0;
  std::vector<double> timesteps_;  // whole numbers
};

}  // namespace situ
