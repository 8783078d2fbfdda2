// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/insertion_json.h"

#include <nlohmann/json.hpp>

namespace situ {

nlohmann::ordered_json box_to_json(const std::optional<Box>& box) {
  if (!box) return nullptr;
  return {box->x0, box->y0, box->x1, box->y1};
}

nlohmann::ordered_json attempts_to_json(const std::vector<Attempt>& attempts) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Attempt& one : attempts) {
    all.push_back({{"seed", one.seed},
                   {"outcome", enum_name(one.outcome)},
                   {"reason", one.reason},
                   {"region_xyxy", box_to_json(one.region)}});
  }
  return all;
}

}  // namespace situ
