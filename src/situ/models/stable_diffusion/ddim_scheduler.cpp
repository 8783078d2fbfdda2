// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/ddim_scheduler.h"

#include <ATen/ATen.h>

#include "situ/models/stable_diffusion/config.h"

namespace situ {

DdimScheduler::DdimScheduler(const nlohmann::json& config, const std::string& file, int64_t steps)
    : schedule_(NoiseSchedule::from_json(config, file, /*set_alpha_to_one_default=*/true)) {
  const ConfigReader reader(config, file);
  reader.require("thresholding", false);
  // Another scheduler's file (a PNDM one, say) has no such key and does not clip.
  const bool own_file = reader.text("_class_name", "DDIMScheduler") == "DDIMScheduler";
  clip_sample_ = reader.flag("clip_sample", own_file);
  clip_sample_range_ = reader.real("clip_sample_range", clip_sample_range_);
  timesteps_ = schedule_.spaced_timesteps(steps);
  stride_ = schedule_.num_train_timesteps / steps;
}

at::Tensor DdimScheduler::step(const at::Tensor& model_output, int64_t timestep,
                               const at::Tensor& sample) {
  const float alpha_next = schedule_.alpha_cumprod(timestep - stride_);
  auto [original, noise] = schedule_.prediction(model_output, timestep, sample);
  if (clip_sample_) original = original.clamp(-clip_sample_range_, clip_sample_range_);
  return half_power(alpha_next) * original + half_power(1 - alpha_next) * noise;
}

at::Tensor DdimScheduler::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                    int64_t timestep) const {
  return schedule_.add_noise(original, noise, at::full({original.size(0)}, timestep, at::kLong));
}

}  // namespace situ
