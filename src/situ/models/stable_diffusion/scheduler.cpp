// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/scheduler.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/nearest_name.h"
#include "situ/models/stable_diffusion/ddim_scheduler.h"
#include "situ/models/stable_diffusion/ddpm_scheduler.h"
#include "situ/models/stable_diffusion/dpm_solver_scheduler.h"
#include "situ/models/stable_diffusion/euler_scheduler.h"
#include "situ/models/stable_diffusion/lcm_scheduler.h"
#include "situ/models/stable_diffusion/pndm_scheduler.h"
#include "situ/models/stable_diffusion/unipc_scheduler.h"
#include "situ/nn/config_reader.h"

namespace situ {
namespace {

using nlohmann::json;
using SchedulerPtr = std::unique_ptr<Scheduler>;

template <class Kind, auto... arguments>
SchedulerPtr make(const json& config, const std::string& file, int64_t steps) {
  return std::make_unique<Kind>(config, file, steps, arguments...);
}

// Some names stand for a scheduler with certain settings, whatever the file says.
json with(json config, const json& settings) {
  config.update(settings);
  return config;
}

template <bool karras, bool stochastic>
SchedulerPtr make_dpm_solver(const json& config, const std::string& file, int64_t steps) {
  const json settings = {{"algorithm_type", stochastic ? "sde-dpmsolver++" : "dpmsolver++"},
                         {"solver_order", 2},
                         {"use_karras_sigmas", karras}};
  return make<DpmSolverScheduler>(with(config, settings), file, steps);
}

struct Entry {
  const char* name;
  const char* class_name;  // of diffusers, for "auto"; nullptr: not its plain form
  SchedulerPtr (*make)(const json&, const std::string&, int64_t);
};

constexpr std::array<Entry, 12> kSchedulers{{
    {"ddim", "DDIMScheduler", &make<DdimScheduler>},
    {"ddpm", "DDPMScheduler", &make<DdpmScheduler>},
    {"dpm++", "DPMSolverMultistepScheduler", &make<DpmSolverScheduler>},
    {"dpm++-2m", nullptr, &make_dpm_solver<false, false>},
    {"dpm++-2m-karras", nullptr, &make_dpm_solver<true, false>},
    {"dpm++-2m-sde", nullptr, &make_dpm_solver<false, true>},
    {"dpm++-2m-sde-karras", nullptr, &make_dpm_solver<true, true>},
    {"euler", "EulerDiscreteScheduler", &make<EulerScheduler, EulerScheduler::Noise::kNone>},
    {"euler-ancestral", "EulerAncestralDiscreteScheduler",
     &make<EulerScheduler, EulerScheduler::Noise::kAncestral>},
    {"lcm", "LCMScheduler", &make<LcmScheduler>},
    {"pndm", "PNDMScheduler", &make<PndmScheduler>},
    {"unipc", "UniPCMultistepScheduler", &make<UniPcScheduler>},
}};

const Entry& entry_for(const ConfigReader& reader) {
  const std::string class_name = reader.text("_class_name", "");
  std::string known;
  for (const Entry& entry : kSchedulers) {
    if (entry.class_name == nullptr) continue;
    if (class_name == entry.class_name) return entry;
    known += (known.empty() ? "" : ", ") + std::string(entry.class_name);
  }
  reader.fail("_class_name", "one of " + known);
}

}  // namespace

const std::vector<std::string>& scheduler_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list = {"auto"};
    for (const Entry& entry : kSchedulers) list.emplace_back(entry.name);
    return list;
  }();
  return names;
}

std::unique_ptr<Scheduler> make_scheduler(const nlohmann::json& config, const std::string& file,
                                          const std::string& name, int64_t steps) {
  const ConfigReader reader(config, file);
  if (name == "auto") return entry_for(reader).make(config, file, steps);
  for (const Entry& entry : kSchedulers) {
    if (name == entry.name) return entry.make(config, file, steps);
  }
  throw std::invalid_argument(unknown_name_message("scheduler", name, scheduler_names()));
}

}  // namespace situ
