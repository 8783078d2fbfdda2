// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/label_set.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/core/tensor_check.h"
#include "situ/datasets/known_label_sets.h"
#include "situ/imaging/host_tensor.h"

namespace situ {
namespace {

constexpr std::size_t kUnknownIdsShown = 5;

void check_id(const std::string& set, int64_t id) {
  if (id < 0 || id > kHighestLabelId) {
    throw std::invalid_argument("label set " + set + ": expected ids from 0 to " +
                                std::to_string(kHighestLabelId) + ", got " + std::to_string(id));
  }
}

template <class Number>
std::map<int64_t, int64_t> count(const at::Tensor& labels) {
  std::vector<int64_t> counts(kHighestLabelId + 1);
  const at::Tensor dense = labels.contiguous();
  const Number* const values = dense.const_data_ptr<Number>();
  for (int64_t i = 0; i < dense.numel(); ++i) {
    const auto id = static_cast<int64_t>(values[i]);
    if (id < 0 || id > kHighestLabelId) {
      throw std::invalid_argument("count_ids: expected ids from 0 to " +
                                  std::to_string(kHighestLabelId) + ", got " + std::to_string(id));
    }
    ++counts[static_cast<std::size_t>(id)];
  }
  std::map<int64_t, int64_t> present;
  for (std::size_t id = 0; id < counts.size(); ++id) {
    if (counts[id] > 0) present[static_cast<int64_t>(id)] = counts[id];
  }
  return present;
}

}  // namespace

LabelSet::LabelSet(std::string name, std::vector<LabelClass> classes,
                   std::vector<int64_t> ignore_ids)
    : name_(std::move(name)), classes_(std::move(classes)), ignore_ids_(std::move(ignore_ids)) {
  std::stable_sort(classes_.begin(), classes_.end(),
                   [](const LabelClass& a, const LabelClass& b) { return a.id < b.id; });
  std::sort(ignore_ids_.begin(), ignore_ids_.end());
  std::set<int64_t> ids;
  std::set<std::string> names;
  const auto add_id = [&](int64_t id) {
    check_id(name_, id);
    if (!ids.insert(id).second) {
      throw std::invalid_argument("label set " + name_ + ": the id " + std::to_string(id) +
                                  " stands twice");
    }
  };
  for (const LabelClass& one : classes_) {
    add_id(one.id);
    if (one.name.empty() || !names.insert(one.name).second) {
      throw std::invalid_argument("label set " + name_ + ": id " + std::to_string(one.id) +
                                  ": the name \"" + one.name + "\" is empty or stands twice");
    }
  }
  for (const int64_t id : ignore_ids_) add_id(id);
}

const LabelClass* LabelSet::find(int64_t id) const {
  const auto found =
      std::lower_bound(classes_.begin(), classes_.end(), id,
                       [](const LabelClass& one, int64_t wanted) { return one.id < wanted; });
  return found != classes_.end() && found->id == id ? &*found : nullptr;
}

const LabelClass* LabelSet::find(std::string_view name) const {
  const auto found = std::find_if(classes_.begin(), classes_.end(),
                                  [name](const LabelClass& one) { return one.name == name; });
  return found != classes_.end() ? &*found : nullptr;
}

const LabelClass& LabelSet::at(int64_t id) const {
  if (const LabelClass* const found = find(id)) return *found;
  throw std::invalid_argument("label set " + name_ + ": no class has the id " + std::to_string(id));
}

const LabelClass& LabelSet::at(std::string_view name) const {
  if (const LabelClass* const found = find(name)) return *found;
  std::vector<std::string> names;
  for (const LabelClass& one : classes_) names.push_back(one.name);
  throw std::invalid_argument("label set " + name_ + ": " +
                              unknown_name_message("class", name, names));
}

bool LabelSet::allows(int64_t id) const {
  return find(id) != nullptr || std::binary_search(ignore_ids_.begin(), ignore_ids_.end(), id);
}

LabelSet LabelSet::with(std::vector<LabelClass> more) const {
  std::vector<LabelClass> classes = classes_;
  classes.insert(classes.end(), more.begin(), more.end());
  return LabelSet(name_, std::move(classes), ignore_ids_);
}

const std::vector<std::string>& label_set_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const LabelSet& set : known_label_sets()) all.push_back(set.name());
    return all;
  }();
  return names;
}

const LabelSet& known_label_set(std::string_view name) {
  for (const LabelSet& set : known_label_sets()) {
    if (set.name() == name) return set;
  }
  throw std::invalid_argument(unknown_name_message("label set", name, label_set_names()));
}

LabelSet find_label_set(const std::string& name_or_path) {
  for (const LabelSet& set : known_label_sets()) {
    if (set.name() == name_or_path) return set;
  }
  const std::string ending = std::filesystem::path(name_or_path).extension().string();
  if (ending == ".yaml" || ending == ".yml" || ending == ".json") {
    return load_label_set(name_or_path);
  }
  throw std::invalid_argument(unknown_name_message("label set", name_or_path, label_set_names()) +
                              " (or name a .yaml or .json file)");
}

std::map<int64_t, int64_t> count_ids(const at::Tensor& labels) {
  check_shape(labels, {"H", "W"}, "count_ids: labels");
  check_host(labels, "count_ids: labels");
  switch (labels.scalar_type()) {
    case at::kByte:
      return count<uint8_t>(labels);
    case at::kShort:
      return count<int16_t>(labels);
    case at::kInt:
      return count<int32_t>(labels);
    default:
      throw std::invalid_argument("count_ids: expected uint8, int16 or int32");
  }
}

void check_ids(const at::Tensor& labels, const LabelSet& set, const std::string& file) {
  std::string unknown;
  std::size_t shown = 0;
  for (const auto& [id, pixels] : count_ids(labels)) {
    if (set.allows(id)) continue;
    if (shown == kUnknownIdsShown) {
      unknown += ", …";
      break;
    }
    unknown += (shown++ ? ", " : "") + std::to_string(id) + " (" + std::to_string(pixels) + " px)";
  }
  if (!unknown.empty()) {
    throw DataError(file, "ids that the label set " + set.name() + " does not have: " + unknown);
  }
}

}  // namespace situ
