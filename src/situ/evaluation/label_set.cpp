// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/label_set.h"

#include <numeric>
#include <stdexcept>

#include "situ/core/nearest_name.h"

namespace situ {
namespace {

// Cityscapes' classes by train id, and the seven categories that they belong to.
const std::vector<std::string> kCityscapes = {
    "road",         "sidewalk",   "building", "wall",       "fence",  "pole",  "traffic light",
    "traffic sign", "vegetation", "terrain",  "sky",        "person", "rider", "car",
    "truck",        "bus",        "train",    "motorcycle", "bicycle"};
const std::vector<std::string> kCategories = {"flat", "construction", "object", "nature",
                                              "sky",  "human",        "vehicle"};
const std::vector<std::int64_t> kCategoryOf = {0, 0, 1, 1, 1, 2, 2, 2, 3, 3,
                                               4, 5, 5, 6, 6, 6, 6, 6, 6};
// POC's extension by Pascal's animals, train ids 19 to 24.
const std::vector<std::string> kAnimals = {"bird", "cat", "cow", "dog", "horse", "sheep"};

std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(last - first + 1));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

LabelSet cityscapes() {
  return {.name = "cityscapes",
          .classes = kCityscapes,
          .subsets = {{"all", range(0, 18)}},
          .categories = kCategories,
          .category_of = kCategoryOf};
}

LabelSet cityscapes_with_animals() {
  LabelSet set = cityscapes();
  set.name = "cityscapes-animals";
  set.classes.insert(set.classes.end(), kAnimals.begin(), kAnimals.end());
  set.categories.emplace_back("animal");
  set.category_of.insert(set.category_of.end(), kAnimals.size(), 7);
  // Table 3 of the POC paper.
  set.subsets = {{"cs-extended", range(0, 24)},
                 {"cs", range(0, 18)},
                 {"pascal-animal", range(19, 24)},
                 {"pascal-cityscapes", {11, 13, 15, 16, 17, 18}}};
  return set;
}

LabelSet cityscapes_categories() {
  LabelSet set{.name = "cityscapes-categories",
               .classes = {"void"},
               .subsets = {{"all", range(1, 7)}},
               .categories = {},
               .category_of = {}};
  set.classes.insert(set.classes.end(), kCategories.begin(), kCategories.end());
  return set;
}

LabelSet pascal_voc() {
  LabelSet set{
      .name = "pascal-voc",
      .classes = {"background", "aeroplane", "bicycle",   "bird",   "boat",        "bottle",
                  "bus",        "car",       "cat",       "chair",  "cow",         "diningtable",
                  "dog",        "horse",     "motorbike", "person", "pottedplant", "sheep",
                  "sofa",       "train",     "tvmonitor"},
      .subsets = {{"all", range(0, 20)}, {"objects", range(1, 20)}},
      .categories = {},
      .category_of = {}};
  return set;
}

using Make = LabelSet (*)();
constexpr std::pair<const char*, Make> kSets[] = {{"cityscapes", &cityscapes},
                                                  {"cityscapes-animals", &cityscapes_with_animals},
                                                  {"cityscapes-categories", &cityscapes_categories},
                                                  {"pascal-voc", &pascal_voc}};

}  // namespace

std::vector<std::string> label_set_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kSets) names.emplace_back(name);
  return names;
}

LabelSet label_set(std::string_view name) {
  for (const auto& [known, make] : kSets) {
    if (name == known) return make();
  }
  throw std::invalid_argument(unknown_name_message("label set", name, label_set_names()));
}

}  // namespace situ
