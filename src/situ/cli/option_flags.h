// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

#include "situ/core/options.h"

namespace situ {

/// The command-line flags of an options struct: one for each field, with its help. What was given on
/// the command line is applied after a configuration file, so that flags win.
template <HasFields Options>
class OptionFlags {
 public:
  /// Adds the flags to `app`, in a help group of the name. The defaults shown are those of `defaults`.
  OptionFlags(CLI::App& app, const std::string& group, const Options& defaults = {}) {
    for_each_field(defaults, [&](const auto& one, const auto& value) {
      add(app, one, value)->group(group);
    });
  }

  /// Overwrites the fields whose flags were given.
  void apply(Options& options) const {
    for (const auto& change : changes_) change(options);
  }

 private:
  template <class Value>
  CLI::Option* add(CLI::App& app, const Field<Options, Value>& one, const Value& value) {
    std::string flag = "--" + std::string(one.name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    const auto member = one.member;
    const std::string shown = options_detail::value_to_json(value).dump();
    CLI::Option* option = nullptr;
    if constexpr (std::is_enum_v<Value>) {
      option = app.add_option_function<std::string>(
          flag,
          [this, member, name = std::string(one.name)](const std::string& given) {
            const Value parsed = parse_enum<Value>(name, given);
            changes_.push_back([=](Options& options) { options.*member = parsed; });
          },
          one.help);
    } else if constexpr (std::same_as<Value, bool>) {
      return app.add_flag_function(
          flag + ",!--no-" + flag.substr(2),
          [this, member](std::int64_t count) {
            changes_.push_back([=](Options& options) { options.*member = count > 0; });
          },
          one.help);
    } else if constexpr (options_detail::IsOptional<Value>::value) {
      using Inner = typename Value::value_type;
      option = app.add_option_function<Inner>(
          flag,
          [this, member](const Inner& given) {
            changes_.push_back([=](Options& options) { options.*member = given; });
          },
          one.help);
    } else {
      option = app.add_option_function<Value>(
          flag,
          [this, member](const Value& given) {
            changes_.push_back([=](Options& options) { options.*member = given; });
          },
          one.help);
    }
    option->default_str(shown == "null" ? "auto" : shown);
    return option;
  }

  std::vector<std::function<void(Options&)>> changes_;
};

}  // namespace situ
