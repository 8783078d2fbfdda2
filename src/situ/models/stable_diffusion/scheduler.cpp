// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/scheduler.h"

#include <stdexcept>

#include "situ/core/nearest_name.h"
#include "situ/models/stable_diffusion/config.h"
#include "situ/models/stable_diffusion/ddim_scheduler.h"
#include "situ/models/stable_diffusion/pndm_scheduler.h"

namespace situ {

const std::vector<std::string>& scheduler_names() {
  static const std::vector<std::string> names = {"auto", "ddim", "pndm"};
  return names;
}

std::unique_ptr<Scheduler> make_scheduler(const nlohmann::json& config, const std::string& file,
                                          const std::string& name, int64_t steps) {
  const ConfigReader reader(config, file);
  std::string wanted = name;
  if (name == "auto") {
    const std::string class_name = reader.text("_class_name", "");
    if (class_name == "DDIMScheduler") wanted = "ddim";
    if (class_name == "PNDMScheduler") wanted = "pndm";
    if (wanted == "auto") reader.fail("_class_name", "DDIMScheduler or PNDMScheduler");
  }
  if (wanted == "ddim") return std::make_unique<DdimScheduler>(config, file, steps);
  if (wanted == "pndm") return std::make_unique<PndmScheduler>(config, file, steps);
  throw std::invalid_argument(unknown_name_message("scheduler", name, scheduler_names()));
}

}  // namespace situ
