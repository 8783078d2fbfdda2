// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "situ/datasets/label_set.h"
#include "situ/generation/recipe.h"

namespace situ {

/// The entries of a recipe's `objects` over its `place` and `insertion`. Throws
/// std::invalid_argument naming the entry.
std::vector<RecipeObject> objects_from_json(const nlohmann::json& recipe, const LabelSet& labels,
                                            const InpaintingOptions& defaults);

/// Class names or ids of a label set. Throws std::invalid_argument for one that it does not have.
std::vector<int64_t> label_ids_from_json(const nlohmann::json& list, const LabelSet& labels,
                                         const std::string& where);

}  // namespace situ
