// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/noise_schedule.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "situ/nn/config_reader.h"

namespace situ {
namespace {

at::Tensor cosine_betas(int64_t count) {
  constexpr double kLargestBeta = 0.999;
  const auto alpha_bar = [](double t) {
    return std::pow(std::cos((t + 0.008) / 1.008 * M_PI / 2), 2);
  };
  std::vector<double> betas;
  for (int64_t i = 0; i < count; ++i) {
    const double t1 = static_cast<double>(i) / static_cast<double>(count);
    const double t2 = static_cast<double>(i + 1) / static_cast<double>(count);
    betas.push_back(std::min(1 - alpha_bar(t2) / alpha_bar(t1), kLargestBeta));
  }
  return at::tensor(betas, at::kDouble).to(at::kFloat);
}

at::Tensor betas_from(const ConfigReader& reader, int64_t count,
                      const NoiseScheduleDefaults& defaults) {
  if (reader.has("trained_betas")) {
    const std::vector<double> betas =
        reader.reals("trained_betas", static_cast<std::size_t>(count));
    return at::tensor(betas, at::kDouble).to(at::kFloat);
  }
  const double start = reader.real("beta_start", defaults.beta_start);
  const double end = reader.real("beta_end", defaults.beta_end);
  const std::string kind = reader.text("beta_schedule", defaults.beta_schedule);
  if (kind == "linear") return at::linspace(start, end, count, at::kFloat);
  if (kind == "scaled_linear") {
    return at::linspace(std::sqrt(start), std::sqrt(end), count, at::kFloat).pow(2);
  }
  if (kind == "squaredcos_cap_v2") return cosine_betas(count);
  reader.fail("beta_schedule", "linear, scaled_linear or squaredcos_cap_v2");
}

/// Shifts and scales the square roots so that the last step is pure noise.
/// Source: Lin et al., "Common diffusion noise schedules and sample steps are flawed", algorithm 1.
at::Tensor with_zero_terminal_snr(const at::Tensor& betas) {
  at::Tensor roots = (1 - betas).cumprod(0).sqrt();
  const at::Tensor first = roots[0].clone();
  const at::Tensor last = roots[-1].clone();
  roots = (roots - last) * (first / (first - last));
  const at::Tensor cumulative = roots.pow(2);
  const at::Tensor alphas =
      at::cat({cumulative.slice(0, 0, 1), cumulative.slice(0, 1) / cumulative.slice(0, 0, -1)});
  return 1 - alphas;
}

PredictionType prediction_type(const ConfigReader& reader) {
  const std::string name = reader.text("prediction_type", "epsilon");
  if (name == "epsilon") return PredictionType::kEpsilon;
  if (name == "v_prediction") return PredictionType::kVPrediction;
  if (name == "sample") return PredictionType::kSample;
  reader.fail("prediction_type", "epsilon, v_prediction or sample");
}

TimestepSpacing timestep_spacing(const ConfigReader& reader, TimestepSpacing fallback) {
  if (!reader.has("timestep_spacing")) return fallback;
  const std::string name = reader.text("timestep_spacing", "");
  if (name == "leading") return TimestepSpacing::kLeading;
  if (name == "trailing") return TimestepSpacing::kTrailing;
  if (name == "linspace") return TimestepSpacing::kLinspace;
  reader.fail("timestep_spacing", "leading, trailing or linspace");
}

void require_steps(int64_t steps, int64_t train) {
  if (steps >= 1 && steps <= train) return;
  throw std::invalid_argument("steps = " + std::to_string(steps) + " must be from 1 to " +
                              std::to_string(train));
}

void require_within(double first_timestep, int64_t steps, int64_t offset, int64_t train) {
  if (first_timestep < static_cast<double>(train)) return;
  throw std::invalid_argument("steps = " + std::to_string(steps) +
                              " with steps_offset = " + std::to_string(offset) + " leaves the " +
                              std::to_string(train) + " training timesteps");
}

// [B] -> [B, 1, 1, …] with as many axes as `like`.
at::Tensor per_sample(const at::Tensor& values, const at::Tensor& like) {
  std::vector<int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
  shape[0] = values.size(0);
  return values.view(shape);
}

}  // namespace

NoiseSchedule NoiseSchedule::from_json(const nlohmann::json& json, const std::string& file,
                                       const NoiseScheduleDefaults& defaults) {
  const ConfigReader reader(json, file);
  NoiseSchedule schedule;
  schedule.num_train_timesteps =
      reader.integer("num_train_timesteps", schedule.num_train_timesteps, 1, 1 << 20);
  schedule.prediction_type = situ::prediction_type(reader);
  schedule.timestep_spacing = situ::timestep_spacing(reader, defaults.timestep_spacing);
  schedule.steps_offset = reader.integer("steps_offset", 0, 0, 1 << 20);
  schedule.set_alpha_to_one = reader.flag("set_alpha_to_one", defaults.set_alpha_to_one);
  at::Tensor betas = betas_from(reader, schedule.num_train_timesteps, defaults);
  if (!(betas.min().item<float>() > 0 && betas.max().item<float>() < 1)) {
    reader.fail("beta_end", "betas between 0 and 1");
  }
  const bool zero_snr = reader.flag("rescale_betas_zero_snr", false);
  if (zero_snr) betas = with_zero_terminal_snr(betas);
  schedule.alphas_cumprod = (1 - betas).cumprod(0);
  if (zero_snr && defaults.finite_sigmas) schedule.alphas_cumprod[-1] = std::ldexp(1.0, -24);
  return schedule;
}

float NoiseSchedule::alpha_cumprod(int64_t timestep) const {
  if (timestep < 0) return set_alpha_to_one ? 1.0F : alphas_cumprod[0].item<float>();
  return alphas_cumprod[timestep].item<float>();
}

std::vector<double> NoiseSchedule::fractional_timesteps(int64_t steps) const {
  const std::vector<int64_t> spaced = spaced_timesteps(steps);
  std::vector<double> timesteps(spaced.begin(), spaced.end());
  if (timestep_spacing != TimestepSpacing::kLinspace || steps == 1) return timesteps;
  const double stride =
      static_cast<double>(num_train_timesteps - 1) / static_cast<double>(steps - 1);
  for (int64_t i = 0; i < steps; ++i) {
    // In float32, as diffusers asks NumPy for them.
    timesteps[static_cast<std::size_t>(steps - 1 - i)] =
        static_cast<float>(i + 1 == steps ? static_cast<double>(num_train_timesteps - 1)
                                          : static_cast<double>(i) * stride);
  }
  return timesteps;
}

std::vector<double> NoiseSchedule::timesteps_before_last(int64_t steps, int64_t usable) const {
  // The end of the run is one more, so the last of the training's steps is not to be had.
  require_steps(steps, std::min(usable, num_train_timesteps) - 1);
  const auto count = static_cast<double>(steps);
  std::vector<double> timesteps;
  for (int64_t i = 0; i < steps; ++i) {
    const auto left = static_cast<double>(steps - i);
    switch (timestep_spacing) {
      case TimestepSpacing::kLeading:
        timesteps.push_back(
            static_cast<double>((steps - i) * (usable / (steps + 1)) + steps_offset));
        break;
      case TimestepSpacing::kTrailing:
        timesteps.push_back(std::nearbyint(static_cast<double>(usable) -
                                           static_cast<double>(i) *
                                               (static_cast<double>(num_train_timesteps) / count)) -
                            1);
        break;
      case TimestepSpacing::kLinspace:
        timesteps.push_back(std::nearbyint(left * (static_cast<double>(usable - 1) / count)));
        break;
    }
  }
  require_within(timesteps.front(), steps, steps_offset, num_train_timesteps);
  return timesteps;
}

at::Tensor NoiseSchedule::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                    int64_t timestep) const {
  return add_noise(original, noise, at::full({original.size(0)}, timestep, at::kLong));
}

std::vector<int64_t> NoiseSchedule::spaced_timesteps(int64_t steps) const {
  require_steps(steps, num_train_timesteps);
  const auto train = static_cast<double>(num_train_timesteps);
  const auto count = static_cast<double>(steps);
  std::vector<int64_t> timesteps;
  for (int64_t i = 0; i < steps; ++i) {
    const auto position = static_cast<double>(i);
    // std::nearbyint rounds halves to even, as NumPy does.
    switch (timestep_spacing) {
      case TimestepSpacing::kLeading:
        timesteps.push_back((steps - 1 - i) * (num_train_timesteps / steps) + steps_offset);
        break;
      case TimestepSpacing::kTrailing:
        timesteps.push_back(
            static_cast<int64_t>(std::nearbyint(train - position * (train / count))) - 1);
        break;
      case TimestepSpacing::kLinspace:
        timesteps.push_back(static_cast<int64_t>(
            steps == 1 ? 0 : std::nearbyint((count - 1 - position) * ((train - 1) / (count - 1)))));
        break;
    }
  }
  require_within(static_cast<double>(timesteps.front()), steps, steps_offset, num_train_timesteps);
  return timesteps;
}

at::Tensor NoiseSchedule::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                    const at::Tensor& timesteps) const {
  const at::Tensor alpha =
      alphas_cumprod.to(original.options()).index_select(0, timesteps.to(original.device()));
  return per_sample(alpha.pow(0.5), original) * original +
         per_sample((1 - alpha).pow(0.5), original) * noise;
}

at::Tensor NoiseSchedule::velocity(const at::Tensor& original, const at::Tensor& noise,
                                   const at::Tensor& timesteps) const {
  const at::Tensor alpha =
      alphas_cumprod.to(original.options()).index_select(0, timesteps.to(original.device()));
  return per_sample(alpha.pow(0.5), original) * noise -
         per_sample((1 - alpha).pow(0.5), original) * original;
}

Prediction NoiseSchedule::prediction(const at::Tensor& model_output, int64_t timestep,
                                     const at::Tensor& sample) const {
  const float alpha = alpha_cumprod(timestep);
  const float signal = half_power(alpha);
  const float noise = half_power(1 - alpha);
  switch (prediction_type) {
    case PredictionType::kEpsilon:
      return {.original = (sample - noise * model_output) / signal, .noise = model_output};
    case PredictionType::kVPrediction:
      return {.original = signal * sample - noise * model_output,
              .noise = signal * model_output + noise * sample};
    case PredictionType::kSample:
      return {.original = model_output, .noise = (sample - signal * model_output) / noise};
  }
  throw std::invalid_argument("NoiseSchedule: not a prediction type");
}

float half_power(float x) { return at::scalar_tensor(x, at::kFloat).pow(0.5).item<float>(); }

}  // namespace situ
