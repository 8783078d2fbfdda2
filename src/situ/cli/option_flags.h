// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "situ/core/options.h"

namespace situ {

/// The command-line flags of an options struct: one for each field, with its help. What was given
/// on the command line is applied after a configuration file, so that flags win. A list's flag is
/// repeated, a number that may be missing takes "auto" too.
template <HasFields Options>
class OptionFlags {
 public:
  /// Adds the flags to `app`, in a help group of the name. The defaults shown are those of
  /// `defaults`. prefix: before each name, where another group has some of the names too.
  OptionFlags(CLI::App& app, const std::string& group, const Options& defaults = {},
              const std::string& prefix = "") {
    for_each_field(defaults, [&](const auto& one, const auto& value) {
      add(app, one, value, prefix + one.name)->group(group);
    });
  }
  // The flags point at this object.
  OptionFlags(const OptionFlags&) = delete;
  OptionFlags& operator=(const OptionFlags&) = delete;

  /// Overwrites the fields whose flags were given.
  void apply(Options& options) const {
    for (const auto& change : changes_) change(options);
  }

 private:
  template <class Value>
  CLI::Option* add(CLI::App& app, const Field<Options, Value>& one, const Value& value,
                   const std::string& name) {
    std::string flag = "--" + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    const auto member = one.member;
    if constexpr (std::same_as<Value, bool>) {
      return app.add_flag_function(
          flag + ",!--no-" + flag.substr(2),
          [this, member](std::int64_t count) {
            changes_.push_back([=](Options& options) { options.*member = count > 0; });
          },
          one.help);
    } else {
      using Given = typename GivenAs<Value>::type;
      CLI::Option* option = app.add_option_function<Given>(
          flag,
          [this, member, flag](const Given& given) {
            const Value parsed = parse<Value>(flag, given);
            changes_.push_back([=](Options& options) { options.*member = parsed; });
          },
          one.help);
      // One value a flag, so that what follows it stays what it is.
      if constexpr (IsList<Value>::value) option->allow_extra_args(false);
      option->default_str(shown_default(value));
      return option;
    }
  }

  template <class T>
  struct IsList : std::false_type {};
  template <class T>
  struct IsList<std::vector<T>> : std::true_type {};

  // How CLI11 reads a value: as text where "auto" or a name stands for it.
  template <class Value>
  struct GivenAs {
    using type = std::conditional_t<std::is_enum_v<Value>, std::string, Value>;
  };
  template <class Value>
  struct GivenAs<std::optional<Value>> {
    using type = std::string;
  };

  template <class Value, class Given>
  static Value parse(const std::string& flag, const Given& given) {
    if constexpr (std::is_enum_v<Value>) {
      return parse_enum<Value>(flag, given);
    } else if constexpr (options_detail::IsOptional<Value>::value) {
      using Inner = typename Value::value_type;
      if (std::is_arithmetic_v<Inner> && given == "auto") return std::nullopt;
      Inner inner{};
      if (!CLI::detail::lexical_cast(given, inner)) throw CLI::ConversionError(given, flag);
      return inner;
    } else {
      return given;
    }
  }

  template <class Value>
  static std::string shown_default(const Value& value) {
    const nlohmann::ordered_json json = options_detail::value_to_json(value);
    if constexpr (options_detail::IsOptional<Value>::value) {
      if (!value) return std::is_arithmetic_v<typename Value::value_type> ? "auto" : "";
    }
    if (json.is_string()) return json.template get<std::string>();
    return json.empty() ? "" : json.dump();
  }

  std::vector<std::function<void(Options&)>> changes_;
};

}  // namespace situ
