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

}  // namespace

int location_count(const InsertArguments& arguments) {
  return int{arguments.location.has_value()} + int{arguments.valid_mask.has_value()} +
         int{arguments.valid_labels.has_value()} + int{arguments.anywhere};
}

nlohmann::ordered_json settings_to_json(const InsertSettings& settings) {
  return flat_options_to_json(tables_of(settings));
}

void settings_from_json(const nlohmann::json& json, InsertSettings& settings,
                        const std::string& where) {
  nlohmann::json given = json;
  if (given.is_null()) given = nlohmann::json::object();  // an empty file
  make_list(given, "object");
  make_list(given, "keep");
  make_list(given, "lora");

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
}

}  // namespace situ
