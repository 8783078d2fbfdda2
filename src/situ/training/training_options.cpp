// SPDX-License-Identifier: Apache-2.0
#include "situ/training/training_options.h"

#include <algorithm>
#include <cmath>

namespace situ {

void TrainingOptions::validate() const {
  require_option(steps >= 1, "steps", steps, "1 or more");
  require_option(batch_size >= 1 && batch_size <= 1 << 16, "batch_size", batch_size,
                 "from 1 to 65536");
  require_option(learning_rate > 0, "learning_rate", learning_rate, "positive");
  require_option(warmup_steps >= 0, "warmup_steps", warmup_steps, "0 or more");
  require_option(final_learning_rate >= 0 && final_learning_rate <= 1, "final_learning_rate",
                 final_learning_rate, "in [0, 1]");
  require_option(weight_decay >= 0, "weight_decay", weight_decay, "0 or more");
  require_option(gradient_clip > 0, "gradient_clip", gradient_clip, "positive");
  require_option(average_decay >= 0 && average_decay < 1, "average_decay", average_decay,
                 "in [0, 1)");
  require_option(autocast == "bfloat16" || autocast == "float32", "autocast", autocast,
                 "bfloat16 or float32");
  require_option(snapshot_minutes > 0, "snapshot_minutes", snapshot_minutes, "positive");
  require_option(sample_minutes > 0, "sample_minutes", sample_minutes, "positive");
}

double learning_rate_at(int64_t step, const TrainingOptions& o) {
  if (step < o.warmup_steps) {
    return o.learning_rate * static_cast<double>(step + 1) / static_cast<double>(o.warmup_steps);
  }
  const auto left = static_cast<double>(std::max<int64_t>(1, o.steps - o.warmup_steps));
  const double progress = std::min(1.0, static_cast<double>(step - o.warmup_steps) / left);
  const double cosine = 0.5 * (1 + std::cos(M_PI * progress));
  return o.learning_rate * (o.final_learning_rate + (1 - o.final_learning_rate) * cosine);
}

}  // namespace situ
