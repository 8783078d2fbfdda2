// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace situ {

enum class PredictionType { kEpsilon, kVPrediction, kSample };
enum class TimestepSpacing { kLeading, kTrailing, kLinspace };

/// What a network's output says about a noisy sample.
struct Prediction {
  at::Tensor original;
  at::Tensor noise;
};

/// What the schedulers of diffusers take where their file lacks a key, which differs between them.
struct NoiseScheduleDefaults {
  TimestepSpacing timestep_spacing = TimestepSpacing::kLeading;
  bool set_alpha_to_one = false;
  double beta_start = 0.0001;
  double beta_end = 0.02;
  const char* beta_schedule = "linear";
  /// With rescale_betas_zero_snr the last step is pure noise, whose sigma would be infinite: such
  /// schedulers take 2^-24 for the last cumulative alpha.
  bool finite_sigmas = false;
};

/// The part of `scheduler_config.json` that all schedulers share.
struct NoiseSchedule {
  int64_t num_train_timesteps = 1000;
  PredictionType prediction_type = PredictionType::kEpsilon;
  TimestepSpacing timestep_spacing = TimestepSpacing::kLeading;
  int64_t steps_offset = 0;
  bool set_alpha_to_one = false;
  at::Tensor alphas_cumprod;  // float32 [num_train_timesteps]

  static NoiseSchedule from_json(const nlohmann::json& json, const std::string& file,
                                 const NoiseScheduleDefaults& defaults);

  /// The cumulative product of 1 - beta at `timestep`; before the first one (negative), its limit.
  float alpha_cumprod(int64_t timestep) const;

  /// The `steps` training timesteps visited, descending. Throws std::invalid_argument unless
  /// 1 <= steps <= num_train_timesteps.
  std::vector<int64_t> spaced_timesteps(int64_t steps) const;

  /// As above for Euler's method: with the spacing "linspace" the timesteps are not rounded.
  std::vector<double> fractional_timesteps(int64_t steps) const;

  /// As above for solvers of higher order, which count the end of the run as one more step; of the
  /// training timesteps only the first `usable` are visited.
  std::vector<double> timesteps_before_last(int64_t steps, int64_t usable) const;

  /// The same for all samples at one timestep.
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise, int64_t timestep) const;

  /// sqrt(ᾱ) original + sqrt(1 - ᾱ) noise. timesteps: int64 [B]; the tensors [B, …].
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       const at::Tensor& timesteps) const;

  /// What the output means for a sample at `timestep`, by the prediction type.
  Prediction prediction(const at::Tensor& model_output, int64_t timestep,
                        const at::Tensor& sample) const;

  /// The v of v-prediction: sqrt(ᾱ) noise - sqrt(1 - ᾱ) original (Salimans and Ho 2022).
  at::Tensor velocity(const at::Tensor& original, const at::Tensor& noise,
                      const at::Tensor& timesteps) const;
};

/// x to the power of one half as PyTorch computes it, which is not always sqrt's last bit: the
/// schedulers amplify that bit over a run, and diffusers' numbers are the reference.
float half_power(float x);

}  // namespace situ
