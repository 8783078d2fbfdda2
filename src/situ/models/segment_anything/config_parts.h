// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "situ/nn/config_reader.h"

namespace situ {

/// A table within a configuration; an empty one where it is missing.
inline nlohmann::json part_of(const nlohmann::json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found == json.end() || found->is_null() ? nlohmann::json::object() : *found;
}

/// A side, or height and width of a square: the published models have no others. Throws DataError.
inline std::int64_t square_side(const ConfigReader& reader, const char* key,
                                std::int64_t fallback) {
  const std::vector<std::int64_t> both = reader.integers(key, {fallback, fallback}, 2);
  if (both[0] != both[1]) reader.fail(key, "a square");
  return both[0];
}

}  // namespace situ
