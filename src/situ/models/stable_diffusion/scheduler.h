// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

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

  /// The timesteps at which the denoiser is asked, in order.
  virtual const std::vector<int64_t>& timesteps() const = 0;

  /// The next sample, from the denoiser's output at timesteps()[i] for `sample`; called once for
  /// each i.
  virtual at::Tensor step(const at::Tensor& model_output, int64_t timestep,
                          const at::Tensor& sample) = 0;

  /// As NoiseSchedule::add_noise with one timestep for all.
  virtual at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                               int64_t timestep) const = 0;
};

/// Names for `make_scheduler`, as the command line takes them.
const std::vector<std::string>& scheduler_names();

/// A scheduler for `steps` denoising steps. config: `scheduler/scheduler_config.json`; name:
/// "ddim", "pndm", or "auto" for the one that the file names (`_class_name`). Throws DataError for
/// a config that situ does not cover, std::invalid_argument for an unknown name or number of steps.
std::unique_ptr<Scheduler> make_scheduler(const nlohmann::json& config, const std::string& file,
                                          const std::string& name, int64_t steps);

}  // namespace situ
