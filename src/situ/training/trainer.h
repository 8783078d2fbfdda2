// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "situ/training/training_options.h"

namespace torch::nn {
class Module;
}

namespace situ {

/// What is trained: a network, where its samples come from and what it should minimise.
class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  /// Holds every weight that is trained.
  virtual torch::nn::Module& module() = 0;

  /// One-off work before the first step, kept in `run_folder` so that a resumed run finds it.
  virtual void prepare(const std::filesystem::path& run_folder) {}

  /// The loss (a scalar) of one batch, one sample for each seed; `noise` is seeded by the step.
  /// Called under autocast.
  virtual at::Tensor loss(const std::vector<std::uint64_t>& sample_seeds, at::Generator& noise) = 0;

  /// Writes the model in its published layout. The averaged weights are in place.
  virtual void save_model(const std::filesystem::path& folder) = 0;

  /// A picture to judge progress by: uint8 [3, H, W]. The averaged weights are in place.
  virtual at::Tensor sample_sheet() = 0;

  /// What, besides TrainingOptions, must not change between two parts of a run.
  virtual std::string recipe() const = 0;
};

struct TrainingResult {
  int64_t steps_done = 0;
  double last_loss = 0;  // mean of the last 100 steps
};

/// Trains until `options.steps`, from the run folder's snapshot where there is one: a run that was
/// killed and resumed ends in the same bits as one that was not (on the same machine and threads).
/// Writes into `run_folder`: snapshot.safetensors, log.jsonl, samples/step_*.png and, at the end
/// and at each sample sheet, model/. Throws Interrupted, after a snapshot, on Ctrl-C.
TrainingResult train(TrainingTask& task, const TrainingOptions& options,
                     const std::filesystem::path& run_folder);

}  // namespace situ
