// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "situ/models/stable_diffusion/noise_schedule.h"

namespace situ {

/// The solver that leads from noise to a sample. One object serves one run: it remembers past
/// steps.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  /// The times at which the denoiser is asked, in order (fractions occur: Euler with linspace).
  virtual const std::vector<double>& timesteps() const = 0;

  /// Standard deviation of the noise that a run starts from.
  virtual double initial_noise_scale() const { return 1; }

  /// What the denoiser is given for `sample` at step i.
  virtual at::Tensor scaled_input(const at::Tensor& sample, std::size_t /*i*/) const {
    return sample;
  }

  /// The next sample, from the denoiser's output at step i for `sample`; called once for each i,
  /// ascending from any first step. `generator` draws the noise of stochastic solvers.
  virtual at::Tensor step(const at::Tensor& model_output, std::size_t i, const at::Tensor& sample,
                          at::Generator& generator) = 0;

  /// `original` noised as far as step i expects it.
  virtual at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                               std::size_t i) const = 0;
};

/// Names for `make_scheduler`, as the command line takes them.
const std::vector<std::string>& scheduler_names();

/// A scheduler for `steps` denoising steps. config: `scheduler/scheduler_config.json`; name: one of
/// scheduler_names(), "auto" for the one that the file names (`_class_name`). Where the name is
/// another than the file's, keys that the file lacks have the defaults of diffusers' class of that
/// name, as its from_config has it. Throws DataError for
/// a config that situ does not cover, std::invalid_argument for an unknown name or number of steps.
std::unique_ptr<Scheduler> make_scheduler(const nlohmann::json& config, const std::string& file,
                                          const std::string& name, int64_t steps);

}  // namespace situ
