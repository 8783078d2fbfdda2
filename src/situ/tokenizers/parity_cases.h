// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace situ::testing {

/// The folder of a tokenizer's texts and ids.
inline std::filesystem::path tokenizer_fixtures(const char* name) {
  return std::filesystem::path(SITU_SOURCE_DIR) / "tests" / "parity" / name;
}

/// Where data too large for the repository lies.
inline std::filesystem::path shared_dir() {
  const char* set = std::getenv("SITU_SHARED_DIR");
  return set != nullptr ? std::filesystem::path(set)
                        : std::filesystem::path(SITU_SOURCE_DIR) / ".." / "shared";
}

struct Case {
  std::string text;
  std::vector<int64_t> ids;
};

inline std::vector<Case> cases_of(const std::filesystem::path& path) {
  std::ifstream lines(path);
  std::vector<Case> cases;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json row = nlohmann::json::parse(line);
    cases.push_back({row.at(0), row.at(1)});
  }
  return cases;
}

/// Fails with the first few texts that differ.
template <class IdsOf>
void expect_equal(const std::vector<Case>& cases, const IdsOf& ids_of) {
  int different = 0;
  for (const Case& one : cases) {
    const std::vector<int64_t> ids = ids_of(one.text);
    if (ids == one.ids) continue;
    if (++different <= 5) {
      ADD_FAILURE() << nlohmann::json(one.text).dump(-1, ' ', true) << "\n  expected "
                    << ::testing::PrintToString(one.ids) << "\n  got      "
                    << ::testing::PrintToString(ids);
    }
  }
  EXPECT_EQ(different, 0) << "of " << cases.size() << " texts";
}

}  // namespace situ::testing
