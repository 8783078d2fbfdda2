// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/dpm_solver_scheduler.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace situ {
namespace {

constexpr std::size_t kFewSteps = 15;  // below this the last steps are of lower order

// diffusers leaves out the training timesteps whose log signal-to-noise ratio is below a bound.
int64_t usable_timesteps(const at::Tensor& alphas_cumprod, double lowest_log_snr) {
  const at::Tensor log_snr = alphas_cumprod.sqrt().log() - (1 - alphas_cumprod).sqrt().log();
  const at::Tensor left_out =
      at::searchsorted(log_snr.flip({0}), at::scalar_tensor(lowest_log_snr));
  return alphas_cumprod.size(0) - left_out.item<int64_t>();
}

}  // namespace

// The divided differences of the predicted originals, in the notation of the paper.
struct DpmSolverScheduler::Differences {
  at::Tensor h;
  at::Tensor d0, d1, d2;
};

DpmSolverScheduler::DpmSolverScheduler(const nlohmann::json& config, const std::string& file,
                                       int64_t steps) {
  const NoiseSchedule schedule = NoiseSchedule::from_json(
      config, file, {.timestep_spacing = TimestepSpacing::kLinspace, .finite_sigmas = true});
  const ConfigReader reader(config, file);
  reader.require("thresholding", false);
  const std::string variance = reader.text("variance_type", "");
  if (variance.starts_with("learned")) reader.fail("variance_type", "one that is not learned");
  reader.require("use_dynamic_shifting", false);
  const std::string algorithm = reader.text("algorithm_type", "dpmsolver++");
  if (algorithm != "dpmsolver++" && algorithm != "sde-dpmsolver++" && algorithm != "deis") {
    reader.fail("algorithm_type", "dpmsolver++ or sde-dpmsolver++");
  }
  stochastic_ = algorithm == "sde-dpmsolver++";
  // Names of other solvers stand for "midpoint", as diffusers has it.
  const std::string solver = reader.text("solver_type", "midpoint");
  if (solver != "midpoint" && solver != "heun" && solver != "logrho" && solver != "bh1" &&
      solver != "bh2") {
    reader.fail("solver_type", "midpoint or heun");
  }
  heun_ = solver == "heun";
  solver_order_ = reader.integer("solver_order", 2, 1, 3);
  lower_order_final_ = reader.flag("lower_order_final", true);
  euler_at_final_ = reader.flag("euler_at_final", false);
  ends_at_zero_ = reader.text("final_sigmas_type", "zero") == "zero";
  prediction_type_ = schedule.prediction_type;
  const double lowest = reader.real("lambda_min_clipped", -std::numeric_limits<double>::infinity());
  const int64_t usable = usable_timesteps(schedule.alphas_cumprod, lowest);
  const bool cosine = reader.text("beta_schedule", "linear") == "squaredcos_cap_v2";
  const bool karras = reader.flag("use_karras_sigmas", false);
  follow(make_sigma_schedule(reader, schedule.alphas_cumprod,
                             schedule.timesteps_before_last(steps, usable),
                             {.karras_over_training = true, .round_timesteps = karras && !cosine}));
}

int64_t DpmSolverScheduler::order_at(std::size_t i) const {
  const std::size_t count = timesteps().size();
  const bool few = lower_order_final_ && count < kFewSteps;
  const bool last = i + 1 == count && (euler_at_final_ || few || ends_at_zero_);
  const bool second_last = i + 2 == count && few;
  if (solver_order_ == 1 || known_ < 1 || last) return 1;
  if (solver_order_ == 2 || known_ < 2 || second_last) return 2;
  return 3;
}

DpmSolverScheduler::Differences DpmSolverScheduler::differences(std::size_t i,
                                                                int64_t order) const {
  const auto original = [&](std::size_t age) { return originals_[originals_.size() - 1 - age]; };
  const at::Tensor now = level(i).log_snr;
  Differences d{.h = level(i + 1).log_snr - now, .d0 = original(0), .d1 = {}, .d2 = {}};
  if (order == 1) return d;
  const at::Tensor r0 = (now - level(i - 1).log_snr) / d.h;
  const at::Tensor first = (1.0 / r0) * (original(0) - original(1));
  d.d1 = first;
  if (order == 2) return d;
  const at::Tensor r1 = (level(i - 1).log_snr - level(i - 2).log_snr) / d.h;
  const at::Tensor second = (1.0 / r1) * (original(1) - original(2));
  d.d1 = first + (r0 / (r0 + r1)) * (first - second);
  d.d2 = (1.0 / (r0 + r1)) * (first - second);
  return d;
}

at::Tensor DpmSolverScheduler::deterministic_step(const at::Tensor& sample, std::size_t i,
                                                  int64_t order) const {
  const PreservedLevel from = level(i), to = level(i + 1);
  const Differences d = differences(i, order);
  const at::Tensor decay = at::exp(-d.h) - 1.0;
  at::Tensor next = (to.sigma / from.sigma) * sample - (to.alpha * decay) * d.d0;
  if (order == 2 && !heun_) return next - 0.5 * (to.alpha * decay) * d.d1;
  if (order >= 2) next = next + (to.alpha * (decay / d.h + 1.0)) * d.d1;
  if (order == 3) next = next - (to.alpha * ((decay + d.h) / d.h.pow(2) - 0.5)) * d.d2;
  return next;
}

at::Tensor DpmSolverScheduler::stochastic_step(const at::Tensor& sample, std::size_t i,
                                               int64_t order, const at::Tensor& noise) const {
  const PreservedLevel from = level(i), to = level(i + 1);
  const Differences d = differences(i, order);
  const at::Tensor gain = 1 - at::exp(-2.0 * d.h);
  at::Tensor next = (to.sigma / from.sigma * at::exp(-d.h)) * sample + (to.alpha * gain) * d.d0;
  if (order == 2 && !heun_) {
    next = next + 0.5 * (to.alpha * gain) * d.d1;
  } else if (order >= 2) {
    next = next + (to.alpha * (gain / (-2.0 * d.h) + 1.0)) * d.d1;
  }
  if (order == 3) {
    next = next + (to.alpha * ((gain - 2.0 * d.h) / (2.0 * d.h).pow(2) - 0.5)) * d.d2;
  }
  return next + to.sigma * at::sqrt(1.0 - at::exp(-2 * d.h)) * noise;
}

at::Tensor DpmSolverScheduler::step(const at::Tensor& model_output, std::size_t i,
                                    const at::Tensor& sample_in, at::Generator& generator) {
  originals_.push_back(level(i).original(prediction_type_, model_output, sample_in));
  if (originals_.size() > static_cast<std::size_t>(solver_order_)) originals_.pop_front();
  const at::Tensor sample = sample_in.to(at::kFloat);
  const int64_t order = order_at(i);
  at::Tensor next;
  if (stochastic_) {
    const at::Tensor noise =
        at::randn(model_output.sizes(), generator, at::kFloat).to(sample.device());
    next = stochastic_step(sample, i, order, noise);
  } else {
    next = deterministic_step(sample, i, order);
  }
  known_ = std::min(known_ + 1, solver_order_);
  return next.to(model_output.scalar_type());
}

}  // namespace situ
