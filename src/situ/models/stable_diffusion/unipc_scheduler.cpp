// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/unipc_scheduler.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace situ {
namespace {

constexpr const char* kWeigh = "k,bkc...->bc...";

}  // namespace

UniPcScheduler::UniPcScheduler(const nlohmann::json& config, const std::string& file,
                               int64_t steps) {
  const NoiseSchedule schedule = NoiseSchedule::from_json(
      config, file, {.timestep_spacing = TimestepSpacing::kLinspace, .finite_sigmas = true});
  const ConfigReader reader(config, file);
  reader.require("thresholding", false);
  reader.require("solver_p", nullptr);
  reader.require("use_dynamic_shifting", false);
  reader.require("shift_terminal", nullptr);
  prediction_type_ = schedule.prediction_type;
  solver_order_ = reader.integer("solver_order", 2, 1, 6);
  predict_original_ = reader.flag("predict_x0", true);
  const std::string solver = reader.text("solver_type", "bh2");
  if (solver != "bh1" && solver != "bh2" && solver != "midpoint" && solver != "heun" &&
      solver != "logrho") {
    reader.fail("solver_type", "bh1 or bh2");
  }
  bh1_ = solver == "bh1";
  lower_order_final_ = reader.flag("lower_order_final", true);
  // There the last step divides infinity by infinity, in diffusers too.
  const bool ends_at_zero = reader.text("final_sigmas_type", "zero") == "zero";
  if (ends_at_zero && (bh1_ || !lower_order_final_)) {
    reader.fail("final_sigmas_type", "sigma_min with the solver bh1, or without lower_order_final");
  }
  for (const int64_t step : reader.whole_numbers("disable_corrector")) uncorrected_.insert(step);
  const bool karras = reader.flag("use_karras_sigmas", false);
  follow(make_sigma_schedule(
      reader, schedule.alphas_cumprod,
      schedule.timesteps_before_last(steps, schedule.num_train_timesteps),
      {.karras_over_training = true, .round_timesteps = karras, .last_from_run = true}));
}

// Formulas (9) and (10) of the paper for the step between two levels; the outputs at and before
// `from` are the newest ones.
UniPcScheduler::System UniPcScheduler::system(std::size_t from, std::size_t to,
                                              int64_t order) const {
  const at::Tensor here = level(from).log_snr;
  const at::Tensor h = level(to).log_snr - here;
  const at::Tensor& newest = outputs_.back();
  std::vector<at::Tensor> ratios, differences;
  for (int64_t age = 1; age < order; ++age) {
    const auto past = static_cast<std::size_t>(age);
    const at::Tensor ratio = (level(from - past).log_snr - here) / h;
    ratios.push_back(ratio);
    differences.push_back((outputs_[outputs_.size() - 1 - past] - newest) / ratio);
  }
  ratios.push_back(at::ones({}, at::kFloat));
  const at::Tensor r = at::stack(ratios);

  const at::Tensor hh = predict_original_ ? -h : h;
  System system{.h_phi_1 = at::expm1(hh), .b_h = bh1_ ? hh : at::expm1(hh)};
  at::Tensor h_phi_k = system.h_phi_1 / hh - 1;
  std::vector<at::Tensor> rows, right_side;
  double factorial = 1;
  for (int64_t i = 1; i <= order; ++i) {
    rows.push_back(r.pow(i - 1));
    right_side.push_back(h_phi_k * factorial / system.b_h);
    factorial *= static_cast<double>(i + 1);
    h_phi_k = h_phi_k / hh - 1 / factorial;
  }
  system.matrix = at::stack(rows);
  system.right_side = at::stack(right_side);
  if (!differences.empty()) system.differences = at::stack(differences, 1);
  return system;
}

at::Tensor UniPcScheduler::moved(const at::Tensor& sample, std::size_t from, std::size_t to,
                                 const System& system, const at::Tensor& correction) const {
  const PreservedLevel start = level(from), end = level(to);
  const at::Tensor& newest = outputs_.back();
  if (predict_original_) {
    return end.sigma / start.sigma * sample - end.alpha * system.h_phi_1 * newest -
           end.alpha * system.b_h * correction;
  }
  return end.alpha / start.alpha * sample - end.sigma * system.h_phi_1 * newest -
         end.sigma * system.b_h * correction;
}

at::Tensor UniPcScheduler::predicted(const at::Tensor& sample, std::size_t i, int64_t order) const {
  const System s = system(i, i + 1, order);
  at::Tensor correction = at::zeros({}, sample.options());
  if (order == 2) {
    const at::Tensor half = at::ones({1}, sample.options()) * 0.5;
    correction = at::einsum(kWeigh, {half, s.differences});
  } else if (order > 2) {
    const at::Tensor weights =
        at::linalg_solve(s.matrix.slice(0, 0, -1).slice(1, 0, -1), s.right_side.slice(0, 0, -1));
    correction = at::einsum(kWeigh, {weights.to(sample.options()), s.differences});
  }
  return moved(sample, i, i + 1, s, correction).to(sample.scalar_type());
}

// The sample at step i once more, now that the output there is known.
at::Tensor UniPcScheduler::corrected(const at::Tensor& output, std::size_t i, int64_t order) const {
  const System s = system(i - 1, i, order);
  const at::Tensor& sample = last_sample_;
  at::Tensor weights = at::ones({1}, sample.options()) * 0.5;
  if (order > 1) weights = at::linalg_solve(s.matrix, s.right_side).to(sample.options());
  at::Tensor correction = weights[-1] * (output - outputs_.back());
  if (order > 1) {
    correction = at::einsum(kWeigh, {weights.slice(0, 0, -1), s.differences}) + correction;
  }
  return moved(sample, i - 1, i, s, correction).to(sample.scalar_type());
}

at::Tensor UniPcScheduler::step(const at::Tensor& model_output, std::size_t i,
                                const at::Tensor& sample_in, at::Generator& /*generator*/) {
  at::Tensor sample = sample_in;
  const PreservedLevel now = level(i);
  const at::Tensor output = predict_original_ ? now.original(prediction_type_, model_output, sample)
                                              : now.noise(prediction_type_, model_output, sample);
  const bool correct =
      i > 0 && last_sample_.defined() && !uncorrected_.contains(static_cast<int64_t>(i) - 1);
  if (correct) sample = corrected(output, i, order_);
  outputs_.push_back(output);
  if (outputs_.size() > static_cast<std::size_t>(solver_order_)) outputs_.pop_front();

  const auto left = static_cast<int64_t>(timesteps().size() - i);
  const int64_t wanted = lower_order_final_ ? std::min(solver_order_, left) : solver_order_;
  order_ = std::min(wanted, known_ + 1);
  last_sample_ = sample;
  known_ = std::min(known_ + 1, solver_order_);
  return predicted(sample, i, order_);
}

}  // namespace situ
