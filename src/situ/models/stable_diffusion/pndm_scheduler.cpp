// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/pndm_scheduler.h"

#include <ATen/ATen.h>

#include "situ/nn/config_reader.h"

namespace situ {

PndmScheduler::PndmScheduler(const nlohmann::json& config, const std::string& file, int64_t steps)
    : DiscreteScheduler(NoiseSchedule::from_json(config, file, {})) {
  const ConfigReader reader(config, file);
  const bool own_file = reader.text("_class_name", "PNDMScheduler") == "PNDMScheduler";
  if (own_file && !reader.flag("skip_prk_steps", false)) {
    reader.fail("skip_prk_steps", "true: the Runge-Kutta warm-up is not supported");
  }
  std::vector<int64_t> visited = schedule().spaced_timesteps(steps);
  stride_ = schedule().num_train_timesteps / steps;
  // The second timestep twice; with a single one, diffusers repeats nothing.
  if (steps > 1) visited.insert(visited.begin() + 1, visited[1]);
  visit(visited);
}

at::Tensor PndmScheduler::combined_outputs() const {
  const auto output = [&](std::size_t age) { return outputs_[outputs_.size() - age]; };
  switch (outputs_.size()) {
    case 1:
      return output(1);
    case 2:
      return (3 * output(1) - output(2)) / 2;
    case 3:
      return (23 * output(1) - 16 * output(2) + 5 * output(3)) / 12;
    default:
      return (1.0 / 24) * (55 * output(1) - 59 * output(2) + 37 * output(3) - 9 * output(4));
  }
}

at::Tensor PndmScheduler::step(const at::Tensor& model_output, std::size_t i,
                               const at::Tensor& sample, at::Generator& /*generator*/) {
  const int64_t now = timestep(i);
  const int64_t call = calls_++;
  if (call == 1) {
    // The first step again, from its own sample, with the mean of both outputs.
    return moved(first_sample_, (model_output + outputs_.back()) / 2, now + stride_, now);
  }
  if (call == 0) first_sample_ = sample;
  outputs_.push_back(model_output);
  if (outputs_.size() > 4) outputs_.pop_front();
  return moved(sample, combined_outputs(), now, now - stride_);
}

at::Tensor PndmScheduler::moved(const at::Tensor& sample, const at::Tensor& model_output,
                                int64_t from, int64_t to) const {
  const float alpha = schedule().alpha_cumprod(from);
  const float alpha_next = schedule().alpha_cumprod(to);
  const float beta = 1 - alpha;
  const float beta_next = 1 - alpha_next;
  const at::Tensor epsilon = schedule().prediction(model_output, from, sample).noise;
  // Formula (9) of the paper.
  const float sample_weight = half_power(alpha_next / alpha);
  const float denominator = alpha * half_power(beta_next) + half_power(alpha * beta * alpha_next);
  return sample_weight * sample - (alpha_next - alpha) * epsilon / denominator;
}

}  // namespace situ
