// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace situ {

/// The parts between separators, empty ones too; one part where there is no separator.
inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char one : text) {
    if (one == separator) {
      parts.emplace_back();
    } else {
      parts.back() += one;
    }
  }
  return parts;
}

}  // namespace situ
