// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace situ {

/// Reads the values of the `config.json` of diffusers or transformers, with messages that name
/// file, key and what came.
class ConfigReader {
 public:
  ConfigReader(const nlohmann::json& json, std::string file);

  /// The key is there and not null.
  bool has(const char* key) const;
  int64_t integer(const char* key, int64_t fallback, int64_t low, int64_t high) const;
  double real(const char* key, double fallback) const;
  bool flag(const char* key, bool fallback) const;
  std::string text(const char* key, const std::string& fallback) const;
  std::vector<std::string> texts(const char* key, const std::vector<std::string>& fallback) const;
  /// A list, or one number that stands for `count` equal ones (count 0: lists only).
  std::vector<int64_t> integers(const char* key, const std::vector<int64_t>& fallback,
                                std::size_t count) const;
  /// A list of `count` numbers, which must be there.
  std::vector<double> reals(const char* key, std::size_t count) const;
  /// A list of whole numbers of 0 or more; empty where the key is missing.
  std::vector<int64_t> whole_numbers(const char* key) const;
  /// Throws DataError when the key holds anything but null or `only`: a variant that situ lacks.
  void require(const char* key, const nlohmann::json& only) const;
  [[noreturn]] void fail(const char* key, const std::string& expected) const;

 private:
  const nlohmann::json& json_;
  std::string file_;
};

}  // namespace situ
