// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/models/stable_diffusion/discrete_scheduler.h"

namespace situ {

/// Deterministic DDIM (Song et al. 2021, eta 0) with the semantics of diffusers' DDIMScheduler.
class DdimScheduler : public DiscreteScheduler {
 public:
  DdimScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;

 private:
  bool clip_sample_ = true;
  double clip_sample_range_ = 1;
  int64_t stride_ = 0;
};

}  // namespace situ
