// SPDX-License-Identifier: Apache-2.0
// Compares with transformers 5.23; tools/make_tokenizer_fixture.py made the texts and ids. Ids are
// owed exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "situ/tokenizers/clip_tokenizer.h"
#include "situ/tokenizers/parity_cases.h"

namespace situ {
namespace {

using testing::Case;
using testing::cases_of;
using testing::expect_equal;
using testing::shared_dir;

std::filesystem::path fixtures() { return testing::tokenizer_fixtures("clip_tokenizer"); }

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
