// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// Some classes that a mean is taken over.
struct ClassSubset {
  std::string name;
  std::vector<std::int64_t> classes;
};

/// What the numbers of a label image mean, 0 … names.size() - 1; others are ignored.
struct LabelSet {
  std::string name;
  std::vector<std::string> classes;
  std::vector<ClassSubset> subsets;       ///< the first is the one that a table shows first
  std::vector<std::string> categories;    ///< empty where the set has none
  std::vector<std::int64_t> category_of;  ///< a category for each class, or -1
};

std::vector<std::string> label_set_names();

/// Throws std::invalid_argument, naming the nearest, for an unknown name.
LabelSet label_set(std::string_view name);

}  // namespace situ
