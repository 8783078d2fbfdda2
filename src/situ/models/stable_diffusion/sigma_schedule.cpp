// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/sigma_schedule.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace situ {
namespace {

std::vector<double> to_doubles(const at::Tensor& values) {
  const at::Tensor wide = values.to(at::kDouble).contiguous();
  return {wide.const_data_ptr<double>(), wide.const_data_ptr<double>() + wide.numel()};
}

// The value of a table between its entries, held at its ends (numpy.interp).
double interpolated(const std::vector<double>& table, double position) {
  if (position <= 0) return table.front();
  const auto last = static_cast<double>(table.size() - 1);
  if (position >= last) return table.back();
  const auto low = static_cast<std::size_t>(position);
  return (table[low + 1] - table[low]) * (position - static_cast<double>(low)) + table[low];
}

// Where in training a level occurs; log_sigmas ascend.
double timestep_of(double sigma, const std::vector<double>& log_sigmas) {
  const double log_sigma = std::log(std::max(sigma, 1e-10));
  const auto above = std::upper_bound(log_sigmas.begin(), log_sigmas.end(), log_sigma);
  const std::ptrdiff_t below = std::max<std::ptrdiff_t>(above - log_sigmas.begin() - 1, 0);
  const auto low = std::min(static_cast<std::size_t>(below), log_sigmas.size() - 2);
  const double share =
      std::clamp((log_sigmas[low] - log_sigma) / (log_sigmas[low] - log_sigmas[low + 1]), 0.0, 1.0);
  return (1 - share) * static_cast<double>(low) + share * static_cast<double>(low + 1);
}

// numpy.linspace(0, 1, count)[i]
double ramp(std::size_t i, std::size_t count) {
  return count == 1 ? 0.0 : static_cast<double>(i) * (1.0 / static_cast<double>(count - 1));
}

std::vector<double> spaced_sigmas(SigmaSpacing spacing, double largest, double smallest,
                                  std::size_t count) {
  constexpr double kRho = 7;
  std::vector<double> sigmas;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = i + 1 == count && count > 1 ? 1.0 : ramp(i, count);
    if (spacing == SigmaSpacing::kKarras) {
      const double high = std::pow(largest, 1 / kRho);
      const double low = std::pow(smallest, 1 / kRho);
      sigmas.push_back(std::pow(high + share * (low - high), kRho));
    } else {
      const double high = std::log(largest);
      sigmas.push_back(std::exp(high + share * (std::log(smallest) - high)));
    }
  }
  return sigmas;
}

double last_sigma(const ConfigReader& reader, double smallest) {
  const std::string name = reader.text("final_sigmas_type", "zero");
  if (name == "zero") return 0;
  if (name == "sigma_min") return smallest;
  reader.fail("final_sigmas_type", "zero or sigma_min");
}

}  // namespace

SigmaSpacing sigma_spacing(const ConfigReader& reader) {
  for (const char* key : {"use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas"}) {
    reader.require(key, false);
  }
  const bool karras = reader.flag("use_karras_sigmas", false);
  const bool exponential = reader.flag("use_exponential_sigmas", false);
  if (karras && exponential) reader.fail("use_exponential_sigmas", "false beside Karras sigmas");
  if (karras) return SigmaSpacing::kKarras;
  return exponential ? SigmaSpacing::kExponential : SigmaSpacing::kTimesteps;
}

SigmaSchedule make_sigma_schedule(const ConfigReader& reader, const at::Tensor& alphas_cumprod,
                                  std::vector<double> timesteps, const SigmaRules& rules) {
  const at::Tensor table = ((1 - alphas_cumprod) / alphas_cumprod).pow(0.5);
  const std::vector<double> training = to_doubles(table);
  std::vector<double> sigmas;
  for (const double timestep : timesteps) sigmas.push_back(interpolated(training, timestep));

  const SigmaSpacing spacing = sigma_spacing(reader);
  if (spacing != SigmaSpacing::kTimesteps) {
    const bool over_training = rules.karras_over_training;
    const double largest =
        reader.real("sigma_max", over_training ? training.back() : sigmas.front());
    const double smallest =
        reader.real("sigma_min", over_training ? training.front() : sigmas.back());
    if (!(smallest > 0 && smallest <= largest))
      reader.fail("sigma_min", "0 < sigma_min <= sigma_max");
    const std::vector<double> log_sigmas = to_doubles(table.log());
    sigmas = spaced_sigmas(spacing, largest, smallest, timesteps.size());
    for (std::size_t i = 0; i < sigmas.size(); ++i) {
      const double timestep = timestep_of(sigmas[i], log_sigmas);
      timesteps[i] = rules.round_timesteps ? std::nearbyint(timestep) : timestep;
    }
  }
  const bool own_last = rules.last_from_run && spacing != SigmaSpacing::kTimesteps;
  sigmas.push_back(last_sigma(reader, own_last ? sigmas.back() : training.front()));
  return {.timesteps = std::move(timesteps),
          .sigmas = at::tensor(sigmas, at::kDouble).to(at::kFloat)};
}

PreservedLevel::PreservedLevel(const at::Tensor& exploding) {
  alpha = 1 / (exploding.pow(2) + 1).pow(0.5);
  sigma = exploding * alpha;
  log_snr = alpha.log() - sigma.log();
}

at::Tensor SignalLevel::original(PredictionType type, const at::Tensor& output,
                                 const at::Tensor& sample) const {
  switch (type) {
    case PredictionType::kEpsilon:
      return (sample - sigma * output) / alpha;
    case PredictionType::kVPrediction:
      return alpha * sample - sigma * output;
    case PredictionType::kSample:
      return output;
  }
  throw std::invalid_argument("SignalLevel: not a prediction type");
}

at::Tensor SignalLevel::noise(PredictionType type, const at::Tensor& output,
                              const at::Tensor& sample) const {
  switch (type) {
    case PredictionType::kEpsilon:
      return output;
    case PredictionType::kVPrediction:
      return alpha * output + sigma * sample;
    case PredictionType::kSample:
      return (sample - alpha * output) / sigma;
  }
  throw std::invalid_argument("SignalLevel: not a prediction type");
}

}  // namespace situ
