// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace situ {

/// Some classes that a mean is taken over, by their places.
struct ClassSubset {
  std::string name;
  std::vector<std::int64_t> classes;
};

/// The classes that predictions are judged by: those of a label set that are not left out, in the
/// order of their ids, and what means are taken over.
struct SemanticClasses {
  std::string name;  ///< of the label set
  std::vector<std::string> classes;
  std::vector<std::int64_t> ids;          ///< in label and prediction images, one for each class
  std::vector<std::int64_t> ignored;      ///< ids that are left out
  std::vector<ClassSubset> subsets;       ///< the first is the one that a table shows first
  std::vector<std::string> categories;    ///< empty where the set has none
  std::vector<std::int64_t> category_of;  ///< a category for each class
};

/// The label sets of datasets, and "cityscapes-animals": train ids with POC's animals 19 to 24.
std::vector<std::string> semantic_class_names();

/// A set by its name or file (see find_label_set). Throws std::invalid_argument, naming the
/// nearest, for an unknown name.
SemanticClasses semantic_classes(const std::string& name);

}  // namespace situ
