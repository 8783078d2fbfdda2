// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/models/stable_diffusion/discrete_scheduler.h"

namespace situ {

/// Ancestral sampling of DDPM (Ho et al. 2020), as diffusers' DDPMScheduler with a variance that is
/// not learned.
class DdpmScheduler : public DiscreteScheduler {
 public:
  DdpmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;

 private:
  enum class Variance { kSmall, kSmallLog, kLarge };
  Variance variance_ = Variance::kSmall;
  bool clip_sample_ = true;
  double clip_sample_range_ = 1;
};

}  // namespace situ
