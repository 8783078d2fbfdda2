// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/config_reader.h"

#include <utility>

#include "situ/core/errors.h"

namespace situ {

ConfigReader::ConfigReader(const nlohmann::json& json, std::string file)
    : json_(json), file_(std::move(file)) {
  if (!json.is_object()) throw DataError(file_, "expected a JSON object");
}

bool ConfigReader::has(const char* key) const {
  const auto found = json_.find(key);
  return found != json_.end() && !found->is_null();
}

void ConfigReader::fail(const char* key, const std::string& expected) const {
  throw DataError(file_, std::string(key) + ": expected " + expected + ", got " +
                             (has(key) ? json_.at(key).dump() : "nothing"));
}

int64_t ConfigReader::integer(const char* key, int64_t fallback, int64_t low, int64_t high) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = json_.at(key);
  if (!value.is_number_integer() || value.get<int64_t>() < low || value.get<int64_t>() > high) {
    fail(key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value.get<int64_t>();
}

double ConfigReader::real(const char* key, double fallback) const {
  if (!has(key)) return fallback;
  if (!json_.at(key).is_number()) fail(key, "a number");
  return json_.at(key).get<double>();
}

bool ConfigReader::flag(const char* key, bool fallback) const {
  if (!has(key)) return fallback;
  if (!json_.at(key).is_boolean()) fail(key, "true or false");
  return json_.at(key).get<bool>();
}

std::string ConfigReader::text(const char* key, const std::string& fallback) const {
  if (!has(key)) return fallback;
  if (!json_.at(key).is_string()) fail(key, "a string");
  return json_.at(key).get<std::string>();
}

std::vector<std::string> ConfigReader::texts(const char* key,
                                             const std::vector<std::string>& fallback) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = json_.at(key);
  if (!value.is_array()) fail(key, "a list of strings");
  std::vector<std::string> list;
  for (const nlohmann::json& item : value) {
    if (!item.is_string()) fail(key, "a list of strings");
    list.push_back(item.get<std::string>());
  }
  return list;
}

std::vector<int64_t> ConfigReader::integers(const char* key, const std::vector<int64_t>& fallback,
                                            std::size_t count) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = json_.at(key);
  if (value.is_number_integer() && count > 0) {
    return std::vector<int64_t>(count, integer(key, 0, 1, 1 << 20));
  }
  if (!value.is_array() || (count > 0 && value.size() != count)) {
    fail(key, count > 0 ? "a number or a list of " + std::to_string(count) : "a list of numbers");
  }
  std::vector<int64_t> list;
  for (const nlohmann::json& item : value) {
    if (!item.is_number_integer() || item.get<int64_t>() < 1 || item.get<int64_t>() > 1 << 20) {
      fail(key, "whole numbers from 1 to 1048576");
    }
    list.push_back(item.get<int64_t>());
  }
  return list;
}

std::vector<double> ConfigReader::reals(const char* key, std::size_t count) const {
  const std::string expected = "a list of " + std::to_string(count) + " numbers";
  if (!has(key) || !json_.at(key).is_array() || json_.at(key).size() != count) fail(key, expected);
  std::vector<double> list;
  for (const nlohmann::json& item : json_.at(key)) {
    if (!item.is_number()) fail(key, expected);
    list.push_back(item.get<double>());
  }
  return list;
}

std::vector<int64_t> ConfigReader::whole_numbers(const char* key) const {
  if (!has(key)) return {};
  if (!json_.at(key).is_array()) fail(key, "a list of whole numbers");
  std::vector<int64_t> list;
  for (const nlohmann::json& item : json_.at(key)) {
    if (!item.is_number_unsigned()) fail(key, "a list of whole numbers");
    list.push_back(item.get<int64_t>());
  }
  return list;
}

void ConfigReader::require(const char* key, const nlohmann::json& only) const {
  if (has(key) && json_.at(key) != only) fail(key, only.dump() + ", the only variant supported");
}

}  // namespace situ
