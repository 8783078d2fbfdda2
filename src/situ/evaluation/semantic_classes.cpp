// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/semantic_classes.h"

#include <numeric>

#include "situ/datasets/label_set.h"

namespace situ {
namespace {

constexpr const char* kWithAnimals = "cityscapes-animals";
constexpr const char* kTrainIds = "cityscapes-train-ids";

// Cityscapes' nineteen classes, by train id, and the categories that they belong to.
constexpr std::int64_t kCityscapesClasses = 19;
const std::vector<std::string> kCategories = {"flat", "construction", "object", "nature",
                                              "sky",  "human",        "vehicle"};
const std::vector<std::int64_t> kCategoryOf = {0, 0, 1, 1, 1, 2, 2, 2, 3, 3,
                                               4, 5, 5, 6, 6, 6, 6, 6, 6};

std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(last - first + 1));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

SemanticClasses classes_of(const LabelSet& set) {
  SemanticClasses result;
  result.name = set.name();
  result.ignored = set.ignore_ids();
  for (const LabelClass& one : set.classes()) {
    if (one.ignored) {
      result.ignored.push_back(one.id);
      continue;
    }
    result.classes.push_back(one.name);
    result.ids.push_back(one.id);
  }
  const auto count = static_cast<std::int64_t>(result.classes.size());
  result.subsets = {{"all", range(0, count - 1)}};
  const bool is_cityscapes = set.name().starts_with("cityscapes") && count == kCityscapesClasses;
  if (is_cityscapes) {
    result.categories = kCategories;
    result.category_of = kCategoryOf;
  }
  if (set.name() == "pascal-voc") result.subsets.push_back({"objects", range(1, count - 1)});
  return result;
}

SemanticClasses with_animals() {
  SemanticClasses result = classes_of(known_label_set(kTrainIds));
  result.name = kWithAnimals;
  for (const char* animal : {"bird", "cat", "cow", "dog", "horse", "sheep"}) {
    result.ids.push_back(static_cast<std::int64_t>(result.ids.size()));
    result.classes.emplace_back(animal);
    result.category_of.push_back(static_cast<std::int64_t>(kCategories.size()));
  }
  result.categories.emplace_back("animal");
  // Table 3 of the POC paper.
  result.subsets = {{"cs-extended", range(0, 24)},
                    {"cs", range(0, 18)},
                    {"pascal-animal", range(19, 24)},
                    {"pascal-cityscapes", {11, 13, 15, 16, 17, 18}}};
  return result;
}

}  // namespace

std::vector<std::string> semantic_class_names() {
  std::vector<std::string> names = label_set_names();
  names.emplace_back(kWithAnimals);
  return names;
}

SemanticClasses semantic_classes(const std::string& name) {
  return name == kWithAnimals ? with_animals() : classes_of(find_label_set(name));
}

}  // namespace situ
