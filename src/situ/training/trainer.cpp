// SPDX-License-Identifier: Apache-2.0
#include "situ/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/autocast_mode.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <numeric>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/logging.h"
#include "situ/core/progress.h"
#include "situ/core/random.h"
#include "situ/io/image_file.h"
#include "situ/training/optimizer.h"
#include "situ/training/snapshot.h"

namespace situ {
namespace {

using Clock = std::chrono::steady_clock;

/// bfloat16 for the matrix products of the loss, float32 weights.
class Autocast {
 public:
  explicit Autocast(bool enabled) : enabled_(enabled) {
    if (!enabled_) return;
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  }
  ~Autocast() {
    if (!enabled_) return;
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_;
};

double minutes_since(Clock::time_point start) {
  return std::chrono::duration<double, std::ratio<60>>(Clock::now() - start).count();
}

/// One run of `train`: the loop's state and what it writes.
class Run {
 public:
  Run(TrainingTask& task, const TrainingOptions& options, std::filesystem::path folder)
      : task_(task),
        options_(options),
        folder_(std::move(folder)),
        optimizer_(task.module(), options),
        recipe_(options_to_json(options).dump() + " " + task.recipe()) {
    std::filesystem::create_directories(folder_ / "samples");
    task_.prepare(folder_);
    step_ = load_snapshot(snapshot_file(), optimizer_, recipe_).value_or(0);
    if (step_ > 0) log_info("resuming at step " + std::to_string(step_));
  }

  TrainingResult run() {
    Progress progress("step", options_.steps);
    const int64_t first_step = step_;
    Clock::time_point last_snapshot = Clock::now();
    Clock::time_point last_sheet = Clock::now();
    while (step_ < options_.steps) {
      const double loss = one_step();
      ++step_;
      progress.update(step_, "loss " + loss_text(loss), first_step);
      if (interrupt_requested()) {
        snapshot();
        throw Interrupted();
      }
      if (minutes_since(last_snapshot) >= options_.snapshot_minutes) {
        snapshot();
        last_snapshot = Clock::now();
      }
      if (minutes_since(last_sheet) >= options_.sample_minutes) {
        write_samples_and_model();
        last_sheet = Clock::now();
      }
    }
    snapshot();
    write_samples_and_model();
    return {.steps_done = step_, .last_loss = mean_recent_loss()};
  }

 private:
  std::filesystem::path snapshot_file() const { return folder_ / "snapshot.safetensors"; }
  void snapshot() const { save_snapshot(snapshot_file(), optimizer_, step_, recipe_); }

  double one_step() {
    std::vector<std::uint64_t> seeds;
    for (int64_t i = 0; i < options_.batch_size; ++i) {
      seeds.push_back(derive_seed(options_.seed, "training sample", step_, i));
    }
    at::Generator noise = at::make_generator<at::CPUGeneratorImpl>(
        derive_seed(options_.seed, "training noise", step_, 0));
    at::Tensor loss;
    {
      const Autocast autocast(options_.autocast == "bfloat16");
      loss = task_.loss(seeds, noise);
    }
    loss.backward();
    const double norm = optimizer_.step(learning_rate_at(step_, options_));
    const double value = loss.item<double>();
    recent_losses_.push_back(value);
    if (recent_losses_.size() > 100) recent_losses_.pop_front();
    if (step_ % 50 == 0) log_line(value, norm);
    return value;
  }

  void log_line(double loss, double gradient_norm) const {
    const nlohmann::ordered_json line = {{"step", step_},
                                         {"loss", loss},
                                         {"mean_loss", mean_recent_loss()},
                                         {"gradient_norm", gradient_norm},
                                         {"learning_rate", learning_rate_at(step_, options_)}};
    std::ofstream(folder_ / "log.jsonl", std::ios::app) << line.dump() << "\n";
  }

  void write_samples_and_model() {
    const at::NoGradGuard no_gradients;
    optimizer_.swap_average();
    char name[32];
    std::snprintf(name, sizeof name, "step_%07ld.png", static_cast<long>(step_));
    save_png(folder_ / "samples" / name, task_.sample_sheet());
    task_.save_model(folder_ / "model");
    optimizer_.swap_average();
  }

  double mean_recent_loss() const {
    if (recent_losses_.empty()) return 0;
    return std::accumulate(recent_losses_.begin(), recent_losses_.end(), 0.0) /
           static_cast<double>(recent_losses_.size());
  }

  std::string loss_text(double loss) const {
    char text[48];
    std::snprintf(text, sizeof text, "%.4f (mean %.4f)", loss, mean_recent_loss());
    return text;
  }

  TrainingTask& task_;
  TrainingOptions options_;
  std::filesystem::path folder_;
  Optimizer optimizer_;
  std::string recipe_;
  int64_t step_ = 0;
  std::deque<double> recent_losses_;
};

}  // namespace

TrainingResult train(TrainingTask& task, const TrainingOptions& options,
                     const std::filesystem::path& run_folder) {
  options.validate();
  return Run(task, options, run_folder).run();
}

}  // namespace situ
