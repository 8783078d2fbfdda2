// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insert_settings.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>

namespace situ {
namespace {

// The tables of options that make up the flat one, in the order in which they are shown.
template <class Settings>
auto tables_of(Settings& settings) {
  return std::tuple_cat(std::tie(settings.arguments), settings.insertion.tables());
}

void make_list(nlohmann::json& table, const char* key) {
  const auto found = table.find(key);
  if (found != table.end() && found->is_string()) *found = nlohmann::json::array({*found});
}

// The keys with the prefix, without it; they are gone from the table.
nlohmann::json taken_out(nlohmann::json& table, const std::string& prefix) {
  nlohmann::json part = nlohmann::json::object();
  for (auto entry = table.begin(); entry != table.end();) {
    if (!entry.key().starts_with(prefix)) {
      ++entry;
      continue;
    }
    part[entry.key().substr(prefix.size())] = *entry;
    entry = table.erase(entry);
  }
  return part;
}

}  // namespace

int location_count(const InsertArguments& arguments) {
  return int{arguments.location.has_value()} + int{arguments.valid_mask.has_value()} +
         int{arguments.valid_labels.has_value()} + int{arguments.anywhere};
}

nlohmann::ordered_json settings_to_json(const InsertSettings& settings) {
  nlohmann::ordered_json all = flat_options_to_json(tables_of(settings));
  const nlohmann::ordered_json detection = options_to_json(settings.detection);
  for (const auto& [name, value] : detection.items()) all[kDetectionPrefix + name] = value;
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

  const nlohmann::json detection = taken_out(given, kDetectionPrefix);
  options_from_json(detection, settings.detection, where + ": " + kDetectionPrefix + "…");
  flat_options_from_json(given, tables_of(settings), where);
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
  try {
    detection.validate();
  } catch (const std::invalid_argument& error) {  // which begins with the option's name
    throw std::invalid_argument(kDetectionPrefix + std::string(error.what()));
  }
}

}  // namespace situ
