// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <nlohmann/json_fwd.hpp>

#include "situ/generation/generation_plan.h"

namespace situ {

/// What decides every byte of a generated dataset, and so what a run may be resumed with: the
/// recipe, the images that it starts from, the weights, the kind of device and the version of situ;
/// on the CPU also the threads of a worker, which decide the order of sums. models: of the method.
nlohmann::ordered_json generation_identity(const GenerationPlan& plan,
                                           const nlohmann::ordered_json& models,
                                           const c10::Device& device, int64_t threads);

}  // namespace situ
