// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "situ/core/device.h"
#include "situ/generation/generation_run.h"

namespace situ {

/// How a recipe's samples are made, with the models that this takes.
class GenerationMethod {
 public:
  virtual ~GenerationMethod() = default;

  /// Which weights, and of which objects, decide the result.
  virtual nlohmann::ordered_json identity() const = 0;
  virtual MadeSample make(const PlannedSample& planned, const SampleSource& source) = 0;
};

/// Loads what a recipe's method needs, and takes what the models do not know out of the recipe
/// where it says so (see drop_unknown_objects); left_out: their names. The recipe must live as long
/// as the method. objects_root: folder of the dataset that objects are cut out of. Throws as the
/// registry does.
std::unique_ptr<GenerationMethod> load_generation_method(Recipe& recipe,
                                                         const std::string& objects_root,
                                                         const c10::Device& device,
                                                         std::vector<std::string>& left_out);

}  // namespace situ
