// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/ddim_scheduler.h"

#include <ATen/ATen.h>

#include "situ/models/stable_diffusion/config.h"

namespace situ {

DdimScheduler::DdimScheduler(const nlohmann::json& config, const std::string& file, int64_t steps)
    : schedule_(NoiseSchedule::from_json(config, file, {.set_alpha_to_one = true})) {
  const ConfigReader reader(config, file);
  reader.require("thresholding", false);
  clip_sample_ = reader.flag("clip_sample", true);
  clip_sample_range_ = reader.real("clip_sample_range", clip_sample_range_);
  const std::vector<int64_t> spaced = schedule_.spaced_timesteps(steps);
  timesteps_.assign(spaced.begin(), spaced.end());
  stride_ = schedule_.num_train_timesteps / steps;
}

at::Tensor DdimScheduler::step(const at::Tensor& model_output, std::size_t i,
                               const at::Tensor& sample, at::Generator& /*generator*/) {
  const auto timestep = static_cast<int64_t>(timesteps_.at(i));
  const float alpha_next = schedule_.alpha_cumprod(timestep - stride_);
  auto [original, noise] = schedule_.prediction(model_output, timestep, sample);
  if (clip_sample_) original = original.clamp(-clip_sample_range_, clip_sample_range_);
  return half_power(alpha_next) * original + half_power(1 - alpha_next) * noise;
}

at::Tensor DdimScheduler::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                    std::size_t i) const {
  return schedule_.add_noise(original, noise, static_cast<int64_t>(timesteps_.at(i)));
}

}  // namespace situ
