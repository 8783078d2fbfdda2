// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/lcm_scheduler.h"

#include <ATen/ATen.h>

#include <cmath>
#include <stdexcept>

#include "situ/models/stable_diffusion/sigma_schedule.h"
#include "situ/nn/config_reader.h"

namespace situ {

LcmScheduler::LcmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps)
    : DiscreteScheduler(NoiseSchedule::from_json(config, file,
                                                 {.set_alpha_to_one = true,
                                                  .beta_start = 0.00085,
                                                  .beta_end = 0.012,
                                                  .beta_schedule = "scaled_linear"})) {
  const ConfigReader reader(config, file);
  reader.require("thresholding", false);
  timestep_scaling_ = reader.real("timestep_scaling", timestep_scaling_);
  clip_sample_ = reader.flag("clip_sample", false);
  clip_sample_range_ = reader.real("clip_sample_range", clip_sample_range_);
  const int64_t train = schedule().num_train_timesteps;
  const int64_t original_steps = reader.integer("original_inference_steps", 50, 1, train);
  if (steps < 1 || steps > original_steps) {
    throw std::invalid_argument("steps = " + std::to_string(steps) + " must be from 1 to " +
                                std::to_string(original_steps) +
                                ", the original_inference_steps of the lcm scheduler");
  }
  // Evenly among the timesteps of the distillation, from the last one down.
  const int64_t stride = train / original_steps;
  const double spacing = static_cast<double>(original_steps) / static_cast<double>(steps);
  std::vector<int64_t> visited;
  for (int64_t i = 0; i < steps; ++i) {
    const auto skipped = static_cast<int64_t>(std::floor(static_cast<double>(i) * spacing));
    visited.push_back((original_steps - skipped) * stride - 1);
  }
  visit(visited);
}

at::Tensor LcmScheduler::step(const at::Tensor& model_output, std::size_t i,
                              const at::Tensor& sample, at::Generator& generator) {
  const at::Tensor alpha = schedule().alphas_cumprod[timestep(i)];
  const SignalLevel level{.alpha = alpha.sqrt(), .sigma = (1 - alpha).sqrt()};
  at::Tensor original = level.original(schedule().prediction_type, model_output, sample);
  if (clip_sample_) original = original.clamp(-clip_sample_range_, clip_sample_range_);

  // The boundary condition: at time 0 the sample itself.
  const at::Tensor scaled = at::scalar_tensor(timesteps()[i], at::kFloat) * timestep_scaling_;
  constexpr double kDataVariance = 0.25;
  const at::Tensor sum = scaled.pow(2) + kDataVariance;
  const at::Tensor denoised = scaled / sum.pow(0.5) * original + kDataVariance / sum * sample;
  if (i + 1 == timesteps().size()) return denoised;

  const at::Tensor next = schedule().alphas_cumprod[timestep(i + 1)];
  const at::Tensor noise =
      at::randn(model_output.sizes(), generator, denoised.scalar_type()).to(sample.device());
  return next.sqrt() * denoised + (1 - next).sqrt() * noise;
}

}  // namespace situ
