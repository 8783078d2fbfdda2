// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/euler_scheduler.h"

#include <ATen/ATen.h>

#include <stdexcept>

namespace situ {
namespace {

SigmaSchedule ancestral_schedule(const NoiseSchedule& schedule, std::vector<double> timesteps,
                                 const std::string& file) {
  // The ancestral scheduler of diffusers has no keys for other spacings.
  const nlohmann::json no_keys = nlohmann::json::object();
  return make_sigma_schedule(ConfigReader(no_keys, file), schedule.alphas_cumprod,
                             std::move(timesteps), {});
}

}  // namespace

EulerScheduler::EulerScheduler(const nlohmann::json& config, const std::string& file, int64_t steps,
                               Noise noise)
    : noise_(noise) {
  const NoiseSchedule schedule = NoiseSchedule::from_json(
      config, file, {.timestep_spacing = TimestepSpacing::kLinspace, .finite_sigmas = true});
  const ConfigReader reader(config, file);
  prediction_type_ = schedule.prediction_type;
  std::vector<double> timesteps = schedule.fractional_timesteps(steps);
  if (noise == Noise::kAncestral) {
    if (prediction_type_ == PredictionType::kSample) {
      reader.fail("prediction_type", "epsilon or v_prediction for the ancestral Euler scheduler");
    }
    run_ = ancestral_schedule(schedule, std::move(timesteps), file);
  } else {
    reader.require("interpolation_type", "linear");
    reader.require("timestep_type", "discrete");
    run_ = make_sigma_schedule(reader, schedule.alphas_cumprod, std::move(timesteps), {});
  }
  for (double& timestep : run_.timesteps) timestep = static_cast<float>(timestep);
  const at::Tensor largest = run_.sigmas.max();
  const bool leading = schedule.timestep_spacing == TimestepSpacing::kLeading;
  initial_noise_scale_ = (leading ? (largest.pow(2) + 1).pow(0.5) : largest).item<float>();
}

at::Tensor EulerScheduler::sigma(std::size_t i) const {
  return run_.sigmas[static_cast<int64_t>(i)];
}

at::Tensor EulerScheduler::scaled_input(const at::Tensor& sample, std::size_t i) const {
  return sample / (sigma(i).pow(2) + 1).pow(0.5);
}

at::Tensor EulerScheduler::predicted_original(const at::Tensor& model_output,
                                              const at::Tensor& sample,
                                              const at::Tensor& sigma) const {
  switch (prediction_type_) {
    case PredictionType::kEpsilon:
      return sample - sigma * model_output;
    case PredictionType::kVPrediction:
      return model_output * (-sigma / (sigma.pow(2) + 1).pow(0.5)) + sample / (sigma.pow(2) + 1);
    case PredictionType::kSample:
      return model_output;
  }
  throw std::invalid_argument("EulerScheduler: not a prediction type");
}

at::Tensor EulerScheduler::step(const at::Tensor& model_output, std::size_t i,
                                const at::Tensor& sample_in, at::Generator& generator) {
  const at::Tensor sample = sample_in.to(at::kFloat);
  const at::Tensor from = sigma(i);
  at::Tensor to = sigma(i + 1);
  const at::Tensor original = predicted_original(model_output, sample, from);
  const at::Tensor derivative = (sample - original) / from;
  if (noise_ == Noise::kNone) {
    return (sample + derivative * (to - from)).to(model_output.scalar_type());
  }
  const at::Tensor added = (to.pow(2) * (from.pow(2) - to.pow(2)) / from.pow(2)).pow(0.5);
  const at::Tensor down = (to.pow(2) - added.pow(2)).pow(0.5);
  const at::Tensor drawn =
      at::randn(model_output.sizes(), generator, model_output.scalar_type()).to(sample.device());
  return (sample + derivative * (down - from) + drawn * added).to(model_output.scalar_type());
}

at::Tensor EulerScheduler::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                     std::size_t i) const {
  return original + noise * sigma(i).to(original.options());
}

}  // namespace situ
