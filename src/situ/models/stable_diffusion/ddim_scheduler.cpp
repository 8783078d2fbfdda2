// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/ddim_scheduler.h"

#include <ATen/ATen.h>

#include "situ/nn/config_reader.h"

namespace situ {

DdimScheduler::DdimScheduler(const nlohmann::json& config, const std::string& file, int64_t steps)
    : DiscreteScheduler(NoiseSchedule::from_json(config, file, {.set_alpha_to_one = true})) {
  const ConfigReader reader(config, file);
  reader.require("thresholding", false);
  clip_sample_ = reader.flag("clip_sample", true);
  clip_sample_range_ = reader.real("clip_sample_range", clip_sample_range_);
  visit(schedule().spaced_timesteps(steps));
  stride_ = schedule().num_train_timesteps / steps;
}

at::Tensor DdimScheduler::step(const at::Tensor& model_output, std::size_t i,
                               const at::Tensor& sample, at::Generator& /*generator*/) {
  const int64_t now = timestep(i);
  const float alpha_next = schedule().alpha_cumprod(now - stride_);
  auto [original, noise] = schedule().prediction(model_output, now, sample);
  if (clip_sample_) original = original.clamp(-clip_sample_range_, clip_sample_range_);
  return half_power(alpha_next) * original + half_power(1 - alpha_next) * noise;
}

}  // namespace situ
