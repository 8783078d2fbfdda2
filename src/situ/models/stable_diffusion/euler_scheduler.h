// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/models/stable_diffusion/scheduler.h"
#include "situ/models/stable_diffusion/sigma_schedule.h"

namespace situ {

/// Euler's method on the probability flow (Karras et al. 2022, algorithm 2 without churn), or with
/// ancestral sampling, which takes a longer step and adds noise. As diffusers'
/// EulerDiscreteScheduler and EulerAncestralDiscreteScheduler.
class EulerScheduler : public Scheduler {
 public:
  enum class Noise { kNone, kAncestral };
  EulerScheduler(const nlohmann::json& config, const std::string& file, int64_t steps, Noise noise);
  const std::vector<double>& timesteps() const override { return run_.timesteps; }
  double initial_noise_scale() const override { return initial_noise_scale_; }
  at::Tensor scaled_input(const at::Tensor& sample, std::size_t i) const override;
  at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                  at::Generator& generator) override;
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       std::size_t i) const override;

 private:
  at::Tensor sigma(std::size_t i) const;
  at::Tensor predicted_original(const at::Tensor& model_output, const at::Tensor& sample,
                                const at::Tensor& sigma) const;

  Noise noise_;
  PredictionType prediction_type_;
  SigmaSchedule run_;
  double initial_noise_scale_ = 1;
};

}  // namespace situ
