// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "situ/models/stable_diffusion/noise_schedule.h"
#include "situ/nn/config_reader.h"

namespace situ {

/// How a run's noise levels are chosen between the largest and the smallest.
enum class SigmaSpacing {
  kTimesteps,   // those of the timesteps
  kKarras,      // Karras et al. 2022, formula (5), rho 7
  kExponential  // evenly in the logarithm
};

/// The noise levels of a run in the terms of Karras et al. 2022: sample = original + sigma noise.
struct SigmaSchedule {
  std::vector<double> timesteps;  // [steps], descending
  at::Tensor sigmas;              // float32 [steps + 1], descending; the last is where the run ends
};

/// Reads `use_karras_sigmas` and `use_exponential_sigmas`; other spacings of diffusers are refused.
SigmaSpacing sigma_spacing(const ConfigReader& reader);

/// How diffusers' schedulers differ in making the schedule.
struct SigmaRules {
  bool karras_over_training = false;  // between the training's extremes, not the timesteps'
  bool round_timesteps = false;       // of levels that were not made from timesteps
  bool last_from_run = false;         // final_sigmas_type "sigma_min": the run's own last level
};

/// The schedule for given timesteps, as diffusers makes it: tables in float32, interpolation in
/// float64, the result in float32. alphas_cumprod: float32 [T].
SigmaSchedule make_sigma_schedule(const ConfigReader& reader, const at::Tensor& alphas_cumprod,
                                  std::vector<double> timesteps, const SigmaRules& rules);

/// A level of the variance preserving form: sample = alpha original + sigma noise. Both are float32
/// tensors without axes, so that they round as diffusers' do.
struct SignalLevel {
  at::Tensor alpha;
  at::Tensor sigma;

  /// What the denoiser's output at this level says about `sample`, as NoiseSchedule::prediction.
  at::Tensor original(PredictionType type, const at::Tensor& output,
                      const at::Tensor& sample) const;
  at::Tensor noise(PredictionType type, const at::Tensor& output, const at::Tensor& sample) const;
};

/// The level that stands for a sigma of the exploding form.
struct PreservedLevel : SignalLevel {
  explicit PreservedLevel(const at::Tensor& exploding);
  at::Tensor log_snr;  // ln alpha - ln sigma, the lambda of DPM-Solver
};

}  // namespace situ
