// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace situ {

/// A figure in JSON: null where it is undefined.
inline nlohmann::ordered_json figure_json(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

/// A fraction in percent with two decimals, a dash where it is undefined.
inline std::string percent_text(double value) {
  if (!std::isfinite(value)) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", 100 * value);
  return text;
}

}  // namespace situ
