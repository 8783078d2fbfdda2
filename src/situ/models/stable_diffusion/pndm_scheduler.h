// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>

#include "situ/models/stable_diffusion/discrete_scheduler.h"

namespace situ {

/// Pseudo linear multistep sampling (Liu et al. 2022) as diffusers' PNDMScheduler with
/// `skip_prk_steps`: the second timestep is visited twice, then up to four past outputs are
/// combined. Unlike there the network may predict the sample itself.
class PndmScheduler : public DiscreteScheduler {
 public:
  PndmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps);
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;

 private:
  at::Tensor combined_outputs() const;
  at::Tensor moved(const at::Tensor& sample, const at::Tensor& model_output, int64_t from,
                   int64_t to) const;

  int64_t stride_ = 0;
  int64_t calls_ = 0;
  at::Tensor first_sample_;         // kept for the second call, which redoes the first step
  std::deque<at::Tensor> outputs_;  // at most four, newest last
};

}  // namespace situ
