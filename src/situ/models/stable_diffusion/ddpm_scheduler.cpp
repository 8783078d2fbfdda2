// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/ddpm_scheduler.h"

#include <ATen/ATen.h>

#include "situ/nn/config_reader.h"

namespace situ {

DdpmScheduler::DdpmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps)
    : DiscreteScheduler(NoiseSchedule::from_json(config, file, {})) {
  const ConfigReader reader(config, file);
  reader.require("thresholding", false);
  const std::string variance = reader.text("variance_type", "fixed_small");
  if (variance == "fixed_small_log") {
    variance_ = Variance::kSmallLog;
  } else if (variance == "fixed_large") {
    variance_ = Variance::kLarge;
  } else if (variance != "fixed_small") {
    reader.fail("variance_type", "fixed_small, fixed_small_log or fixed_large");
  }
  clip_sample_ = reader.flag("clip_sample", true);
  clip_sample_range_ = reader.real("clip_sample_range", clip_sample_range_);
  visit(schedule().spaced_timesteps(steps));
}

at::Tensor DdpmScheduler::step(const at::Tensor& model_output, std::size_t i,
                               const at::Tensor& sample, at::Generator& generator) {
  const int64_t now = timestep(i);
  const bool last = i + 1 == timesteps().size();
  const at::Tensor alpha = schedule().alphas_cumprod[now];
  const at::Tensor alpha_next =
      last ? at::ones({}, at::kFloat) : schedule().alphas_cumprod[timestep(i + 1)];
  const at::Tensor step_alpha = alpha / alpha_next;
  const at::Tensor step_beta = 1 - step_alpha;
  const at::Tensor beta = 1 - alpha;
  at::Tensor original = schedule().prediction(model_output, now, sample).original;
  if (clip_sample_) original = original.clamp(-clip_sample_range_, clip_sample_range_);

  // Formula (7) of the paper.
  const at::Tensor original_weight = alpha_next.pow(0.5) * step_beta / beta;
  const at::Tensor sample_weight = step_alpha.pow(0.5) * (1 - alpha_next) / beta;
  const at::Tensor mean = original_weight * original + sample_weight * sample;
  if (now == 0) return mean;
  const at::Tensor noise =
      at::randn(model_output.sizes(), generator, model_output.scalar_type()).to(sample.device());
  if (variance_ == Variance::kLarge) return mean + step_beta.pow(0.5) * noise;
  const at::Tensor small = ((1 - alpha_next) / beta * step_beta).clamp_min(1e-20);
  const at::Tensor spread =
      variance_ == Variance::kSmallLog ? at::exp(0.5 * at::log(small)) : small.pow(0.5);
  return mean + spread * noise;
}

}  // namespace situ
