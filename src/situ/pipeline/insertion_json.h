// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "situ/pipeline/object_insertion.h"

namespace situ {

/// [x0, y0, x1, y1] as all records have it, or null.
nlohmann::ordered_json box_to_json(const std::optional<Box>& box);

/// What all records say of attempts: "seed", "outcome", "reason", "region_xyxy". How long they took
/// is left to the caller: two runs of one seed agree in everything else.
nlohmann::ordered_json attempts_to_json(const std::vector<Attempt>& attempts);

}  // namespace situ
