// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/models/stable_diffusion/scheduler.h"

namespace situ {

/// Ancestral sampling of DDPM (Ho et al. 2020), as diffusers' DDPMScheduler with a variance that is
/// not learned.
class DdpmScheduler : public Scheduler {
 public:
  DdpmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  const std::vector<double>& timesteps() const override { return timesteps_; }
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       std::size_t i) const override;

 private:
  enum class Variance { kSmall, kSmallLog, kLarge };
  NoiseSchedule schedule_;
  Variance variance_ = Variance::kSmall;
  bool clip_sample_ = true;
  double clip_sample_range_ = 1;
  std::vector<double> timesteps_;  // whole numbers
};

}  // namespace situ
