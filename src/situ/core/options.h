// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "situ/core/nearest_name.h"

/// Options are written once. An aggregate lists its members in `fields()`:
///
///   struct RegionOptions {
///     int64_t min_side_px = 140;
///     static constexpr auto fields() {
///       return std::tuple{field("min_side", &RegionOptions::min_side_px, "smallest box side
///       [px]")};
///     }
///     void validate() const;  // throws std::invalid_argument: "min_side = -3 must be 1 or more"
///   };
///
/// and from that list come the command line, YAML and JSON, the record and the documentation.
namespace situ {

template <class Options, class Value>
struct Field {
  const char* name;  // snake_case; the command line shows it with dashes
  Value Options::*member;
  const char* help;
};

template <class Options, class Value>
constexpr Field<Options, Value> field(const char* name, Value Options::*member, const char* help) {
  return {name, member, help};
}

template <class T>
concept HasFields = requires {
  T::fields();
};

/// Specialise for an enum used in options: `static constexpr std::array<std::pair<E, const char*>,
/// N> table`.
template <class Enum>
struct EnumNames;

template <class Enum>
std::string enum_name(Enum value) {
  for (const auto& [known, name] : EnumNames<Enum>::table) {
    if (known == value) return name;
  }
  throw std::invalid_argument("enum_name: no name for this value");
}

template <class Enum>
std::vector<std::string> enum_names() {
  std::vector<std::string> names;
  for (const auto& [value, name] : EnumNames<Enum>::table) names.emplace_back(name);
  return names;
}

/// Throws std::invalid_argument, naming the nearest, for an unknown name. what: "stitch".
template <class Enum>
Enum parse_enum(std::string_view what, std::string_view name) {
  for (const auto& [value, known] : EnumNames<Enum>::table) {
    if (name == known) return value;
  }
  throw std::invalid_argument(unknown_name_message(what, name, enum_names<Enum>()));
}

/// Calls visit(field, value) for each field, in order.
template <HasFields Options, class Visitor>
void for_each_field(Options& options, Visitor&& visit) {
  using Plain = std::remove_const_t<Options>;
  std::apply([&](const auto&... one) { (visit(one, options.*(one.member)), ...); },
             Plain::fields());
}

template <HasFields Options>
std::vector<std::string> field_names() {
  std::vector<std::string> names;
  std::apply([&](const auto&... one) { (names.emplace_back(one.name), ...); }, Options::fields());
  return names;
}

namespace options_detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class Value>
nlohmann::ordered_json value_to_json(const Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    return enum_name(value);
  } else if constexpr (IsOptional<Value>::value) {
    return value ? value_to_json(*value) : nlohmann::ordered_json(nullptr);
  } else {
    return value;
  }
}

template <class Value>
Value value_from_json(const std::string& name, const nlohmann::json& json) {
  if constexpr (std::is_enum_v<Value>) {
    return parse_enum<Value>(name, json.get<std::string>());
  } else if constexpr (IsOptional<Value>::value) {
    using Inner = typename Value::value_type;
    if (json.is_null() || (std::is_arithmetic_v<Inner> && json == "auto")) return std::nullopt;
    return value_from_json<Inner>(name, json);
  } else if constexpr (std::same_as<Value, bool>) {
    if (!json.is_boolean())
      throw std::invalid_argument(name + ": expected true or false, got " + json.dump());
    return json.get<bool>();
  } else if constexpr (std::integral<Value>) {
    if (!json.is_number_integer())
      throw std::invalid_argument(name + ": expected a whole number, got " + json.dump());
    return json.get<Value>();
  } else if constexpr (std::floating_point<Value>) {
    if (!json.is_number())
      throw std::invalid_argument(name + ": expected a number, got " + json.dump());
    return json.get<Value>();
  } else {
    try {
      return json.get<Value>();
    } catch (const nlohmann::json::exception&) {
      throw std::invalid_argument(name + ": got " + json.dump() + ", which has the wrong type");
    }
  }
}

}  // namespace options_detail

/// All fields, in their order.
template <HasFields Options>
nlohmann::ordered_json options_to_json(const Options& options) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for_each_field(options, [&](const auto& one, const auto& value) {
    json[one.name] = options_detail::value_to_json(value);
  });
  return json;
}

/// Overwrites the fields that `json` names. Throws std::invalid_argument for an unknown key (with
/// the nearest known one) and for a value of the wrong type. where: "recipe.yaml: training".
template <HasFields Options>
void options_from_json(const nlohmann::json& json, Options& options, const std::string& where) {
  if (!json.is_object()) throw std::invalid_argument(where + ": expected a table of options");
  const std::vector<std::string> known = field_names<Options>();
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw std::invalid_argument(where + ": " + unknown_name_message("option", key, known));
    }
  }
  for_each_field(options, [&](const auto& one, auto& value) {
    if (const auto found = json.find(one.name); found != json.end()) {
      value = options_detail::value_from_json<std::remove_reference_t<decltype(value)>>(
          where + ": " + one.name, *found);
    }
  });
}

/// The fields of several tables as one, in their order. tables: a tuple of references.
template <class Tables>
nlohmann::ordered_json flat_options_to_json(const Tables& tables) {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  std::apply([&](const auto&... table) { (all.update(options_to_json(table)), ...); }, tables);
  return all;
}

/// As options_from_json, for the fields of several tables together.
template <class Tables>
void flat_options_from_json(const nlohmann::json& json, const Tables& tables,
                            const std::string& where) {
  if (!json.is_object()) throw std::invalid_argument(where + ": expected a table of options");
  std::vector<std::string> known;
  const auto read = [&](auto& table) {
    nlohmann::json own = nlohmann::json::object();
    for (const std::string& name : field_names<std::remove_reference_t<decltype(table)>>()) {
      known.push_back(name);
      if (const auto found = json.find(name); found != json.end()) own[name] = *found;
    }
    options_from_json(own, table, where);
  };
  std::apply([&](auto&... table) { (read(table), ...); }, tables);
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw std::invalid_argument(where + ": " + unknown_name_message("option", key, known));
    }
  }
}

/// Throws std::invalid_argument "<name> = <value> must be <bound>" unless `holds`.
template <class Value>
void require_option(bool holds, const char* name, const Value& value, const char* bound) {
  if (holds) return;
  throw std::invalid_argument(std::string(name) + " = " +
                              options_detail::value_to_json(value).dump() + " must be " + bound);
}

}  // namespace situ
