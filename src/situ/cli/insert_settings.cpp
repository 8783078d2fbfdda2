// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insert_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>

#include "situ/core/nearest_name.h"

namespace situ {
namespace {

// The tables of options that make up the flat one, in the order in which they are shown.
template <class Settings, class Visitor>
void for_each_group(Settings& settings, Visitor&& visit) {
  visit(settings.arguments);
  visit(settings.insertion);
  visit(settings.insertion.region);
  visit(settings.insertion.crop);
  visit(settings.insertion.inpainting);
  visit(settings.insertion.annotation);
  visit(settings.insertion.blending);
}

void make_list(nlohmann::json& table, const char* key) {
  const auto found = table.find(key);
  if (found != table.end() && found->is_string()) *found = nlohmann::json::array({*found});
}

}  // namespace

int location_count(const InsertArguments& arguments) {
  return int{arguments.location.has_value()} + int{arguments.valid_mask.has_value()} +
         int{arguments.valid_labels.has_value()} + int{arguments.anywhere};
}

nlohmann::ordered_json settings_to_json(const InsertSettings& settings) {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for_each_group(settings, [&](const auto& group) { all.update(options_to_json(group)); });
  return all;
}

void settings_from_json(const nlohmann::json& json, InsertSettings& settings,
                        const std::string& where) {
  nlohmann::json given = json;
  if (given.is_null()) given = nlohmann::json::object();  // an empty file
  if (!given.is_object()) throw std::invalid_argument(where + ": expected a table of options");
  make_list(given, "object");
  make_list(given, "keep");
  make_list(given, "lora");

  std::vector<std::string> known;
  for_each_group(settings, [&](auto& group) {
    using Group = std::remove_reference_t<decltype(group)>;
    nlohmann::json part = nlohmann::json::object();
    for (const std::string& name : field_names<Group>()) {
      known.push_back(name);
      if (const auto found = given.find(name); found != given.end()) part[name] = *found;
    }
    options_from_json(part, group, where);
  });
  for (const auto& [key, value] : given.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw std::invalid_argument(where + ": " + unknown_name_message("option", key, known));
    }
  }
  if (location_count(settings.arguments) > 1) {
    throw std::invalid_argument(
        where + ": expected one of location, valid_mask, valid_labels and anywhere, got several");
  }
}

void InsertArguments::validate() const {
  if (object.empty()) {
    throw std::invalid_argument("there is nothing to insert: name an object with --object dog");
  }
  constexpr int64_t kMostObjects = 65535;  // the numbers of a 16-bit instance map
  constexpr int64_t kMostThreads = 1024;
  const auto count = static_cast<int64_t>(object.size());
  require_option(count <= kMostObjects, "the number of objects", count, "65535 or less");
  require_option(seed >= 0, "seed", seed, "0 or more");
  require_option(threads >= 0 && threads <= kMostThreads, "threads", threads, "in [0, 1024]");
  if (location_count(*this) > 1) {
    throw std::invalid_argument(
        "--location, --valid-mask, --valid-labels and --anywhere exclude each other: give one");
  }
}

void InsertSettings::validate() const {
  arguments.validate();
  insertion.validate();
}

}  // namespace situ
