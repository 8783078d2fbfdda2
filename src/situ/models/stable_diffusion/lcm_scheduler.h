// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/models/stable_diffusion/discrete_scheduler.h"

namespace situ {

/// Multistep sampling of latent consistency models (Luo et al. 2023), as diffusers' LCMScheduler.
class LcmScheduler : public DiscreteScheduler {
 public:
  LcmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;

 private:
  double timestep_scaling_ = 10;
  bool clip_sample_ = false;
  double clip_sample_range_ = 1;
};

}  // namespace situ
