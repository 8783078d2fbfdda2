// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "situ/core/options.h"

namespace situ {

/// How a network is trained; the same for every task.
struct TrainingOptions {
  int64_t steps = 1000;
  int64_t batch_size = 16;
  double learning_rate = 1e-3;
  int64_t warmup_steps = 100;
  double final_learning_rate = 0.05;
  double weight_decay = 0.01;
  double gradient_clip = 1.0;
  double average_decay = 0.999;
  std::string autocast = "bfloat16";
  int64_t seed = 1;
  double snapshot_minutes = 5;
  double sample_minutes = 10;

  static constexpr auto fields() {
    using T = TrainingOptions;
    return std::tuple{
        field("steps", &T::steps, "optimizer steps in all"),
        field("batch_size", &T::batch_size, "samples a step"),
        field("learning_rate", &T::learning_rate, "peak rate of AdamW"),
        field("warmup_steps", &T::warmup_steps, "steps of linear rise to the peak"),
        field("final_learning_rate", &T::final_learning_rate,
              "share of the peak that the cosine decay ends at [0, 1]"),
        field("weight_decay", &T::weight_decay, "decoupled weight decay of AdamW"),
        field("gradient_clip", &T::gradient_clip, "largest norm of all gradients together"),
        field("average_decay", &T::average_decay,
              "decay of the exponential moving average of the weights [0, 1)"),
        field("autocast", &T::autocast, "bfloat16 or float32"),
        field("seed", &T::seed, "everything random follows from it"),
        field("snapshot_minutes", &T::snapshot_minutes, "time between snapshots [min]"),
        field("sample_minutes", &T::sample_minutes, "time between sample sheets [min]")};
  }
  void validate() const;
};

/// The rate at `step` (from 0): linear warm-up, then half a cosine to `final_learning_rate`.
double learning_rate_at(int64_t step, const TrainingOptions& options);

}  // namespace situ
