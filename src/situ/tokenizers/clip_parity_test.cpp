// SPDX-License-Identifier: Apache-2.0
// Compares with transformers 5.23; tools/make_tokenizer_fixture.py made the texts and ids. Ids are
// owed exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "situ/tokenizers/clip_tokenizer.h"

namespace situ {
namespace {

std::filesystem::path fixtures() {
  return std::filesystem::path(SITU_SOURCE_DIR) / "tests" / "parity" / "clip_tokenizer";
}

/// Where data too large for the repository lies.
std::filesystem::path shared_dir() {
  const char* set = std::getenv("SITU_SHARED_DIR");
  return set != nullptr ? std::filesystem::path(set)
                        : std::filesystem::path(SITU_SOURCE_DIR) / ".." / "shared";
}

struct Case {
  std::string text;
  std::vector<int64_t> ids;
};

std::vector<Case> cases_of(const std::filesystem::path& path) {
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

void expect_encodes_as(const std::string& folder, const std::string& file) {
  const std::vector<Case> cases = cases_of(fixtures() / file);
  ASSERT_GT(cases.size(), 200u);
  const ClipTokenizer tokenizer = ClipTokenizer::from_folder(fixtures() / folder);
  ASSERT_EQ(tokenizer.max_length(), 77);
  expect_equal(cases, [&](const std::string& text) {
    std::vector<int64_t> ids = tokenizer.encode(text);
    EXPECT_EQ(ids.size(), 77u);
    while (!ids.empty() && ids.back() == tokenizer.padding_id()) ids.pop_back();
    return ids;
  });
}

TEST(ClipTokenizerParity, HoldsWithTheSpecialTokensOfStableDiffusion1) {
  expect_encodes_as("small_sd1", "small_sd1.jsonl");
}

TEST(ClipTokenizerParity, HoldsWithTheSpecialTokensOfStableDiffusion2) {
  expect_encodes_as("small_sd2", "small_sd2.jsonl");
}

TEST(ClipTokenizerParity, HoldsForTheFolderThatTransformers5Writes) {
  expect_encodes_as("small_v5", "small_sd2.jsonl");
}

TEST(ClipTokenizerParity, HoldsForTheFullVocabularyOnManyScripts) {
  const std::filesystem::path folder = shared_dir() / "reference" / "tokenizers" / "clip";
  if (!std::filesystem::exists(folder / "vocab.json")) {
    GTEST_SKIP() << "no full CLIP vocabulary: expected " << folder
                 << " (set SITU_SHARED_DIR to the folder that holds reference/tokenizers/clip)";
  }
  // Another file, to compare more texts than are committed.
  const char* other = std::getenv("SITU_TOKENIZER_FIXTURE");
  const std::vector<Case> cases = cases_of(other ? other : fixtures() / "full.jsonl");
  ASSERT_GE(cases.size(), 5000u);
  const ClipTokenizer tokenizer = ClipTokenizer::from_folder(folder);
  EXPECT_EQ(tokenizer.vocabulary_size(), 49408);
  expect_equal(cases, [&](const std::string& text) { return tokenizer.tokenize(text); });
}

}  // namespace
}  // namespace situ
