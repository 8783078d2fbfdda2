// SPDX-License-Identifier: Apache-2.0
// Compares with transformers 5.23; tools/make_bert_tokenizer_fixture.py made the texts and ids.
// Ids and texts are owed exactly.
#include <gtest/gtest.h>

#include "situ/tokenizers/bert_tokenizer.h"
#include "situ/tokenizers/parity_cases.h"

namespace situ {
namespace {

using testing::Case;
using testing::cases_of;

class BertTokenizerParity : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::shared_dir() / "reference" / "tokenizers" / "bert_base_uncased";
    if (!std::filesystem::exists(folder_ / "vocab.txt")) {
      GTEST_SKIP() << "no vocabulary of BERT: expected " << folder_
                   << " (set SITU_SHARED_DIR to the folder that holds reference/tokenizers)";
    }
  }
  std::filesystem::path folder_;
};

TEST_F(BertTokenizerParity, HoldsForManyScriptsAndTheNamesOfCocoLvisAndThePaper) {
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_);
  EXPECT_EQ(tokenizer.vocabulary_size(), 30522);
  // Another file, to compare more texts than are committed.
  const char* other = std::getenv("SITU_TOKENIZER_FIXTURE");
  const std::vector<Case> cases =
      cases_of(other ? std::filesystem::path(other)
                     : testing::tokenizer_fixtures("bert_tokenizer") / "texts.jsonl");
  ASSERT_GE(cases.size(), 6500U);
  testing::expect_equal(cases, [&](const std::string& text) { return tokenizer.encode(text); });
}

TEST_F(BertTokenizerParity, HoldsForTextsMadeOfIds) {
  const BertTokenizer tokenizer = BertTokenizer::from_folder(folder_);
  std::ifstream lines(testing::tokenizer_fixtures("bert_tokenizer") / "decoded.jsonl");
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const nlohmann::json row = nlohmann::json::parse(line);
    const auto ids = row.at(0).get<std::vector<int64_t>>();
    EXPECT_EQ(tokenizer.decode(ids), row.at(1).get<std::string>()) << line;
    EXPECT_EQ(tokenizer.decode(ids, SpaceCleanUp::kAlways), row.at(2).get<std::string>()) << line;
  }
  EXPECT_GE(count, 2400);
}

}  // namespace
}  // namespace situ
