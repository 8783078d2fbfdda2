// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kStart = 24;
constexpr int64_t kEnd = 25;  // also what the made vocabulary says for unknown bytes

/// The vocabulary under tests/data is small enough to check by hand.
const ClipTokenizer& made() {
  static const ClipTokenizer tokenizer =
      ClipTokenizer::from_folder(testing::data_folder() / "clip_tokenizer");
  return tokenizer;
}

TEST(ClipTokenizer, MergesTheFirstPairOfTheListFirst) {
  // l o w</w> -> lo w</w> -> low</w>
  EXPECT_THAT(made().tokenize("low"), ElementsAre(17));
  // l o w e r</w> -> lo w e r</w> -> lo w er</w> -> low er</w> -> lower</w>
  EXPECT_THAT(made().tokenize("lower"), ElementsAre(21));
  // l o w e s t</w> -> lo w e s t</w> -> lo w es t</w> -> lo w est</w> -> low est</w>
  EXPECT_THAT(made().tokenize("lowest"), ElementsAre(22, 19));
  EXPECT_THAT(made().tokenize("lolo"), ElementsAre(16, 0, 9)) << "o</w> ends the word: no merge";
}

TEST(ClipTokenizer, IgnoresCaseAndTheKindOfWhiteSpace) {
  EXPECT_THAT(made().tokenize(" LOW\t\nlow\u3000Low "), ElementsAre(17, 17, 17));
}

TEST(ClipTokenizer, GivesNothingForAnEmptyText) {
  EXPECT_THAT(made().tokenize(""), IsEmpty());
  EXPECT_THAT(made().tokenize(" \u00a0\n"), IsEmpty());
}

TEST(ClipTokenizer, CutsContractionsAndSingleDigits) {
  EXPECT_THAT(made().tokenize("low's"), ElementsAre(17, 7, 13));
  EXPECT_THAT(made().tokenize("'stow"), ElementsAre(7, 13, 6, 1, 10)) << "'s wherever it can start";
  EXPECT_THAT(made().tokenize("11"), ElementsAre(23, 23));
}

TEST(ClipTokenizer, SaysUnknownForEachByteThatTheVocabularyLacks) {
  EXPECT_THAT(made().tokenize("z"), ElementsAre(kEnd));
  EXPECT_THAT(made().tokenize("é"), ElementsAre(kEnd, kEnd));
}

TEST(ClipTokenizer, FindsSpecialTokensInTheText) {
  EXPECT_THAT(made().tokenize("low<|startoftext|>low"), ElementsAre(17, kStart, 17));
}

TEST(ClipTokenizer, FramesAndPadsAndCuts) {
  EXPECT_THAT(made().encode("low 1", 7), ElementsAre(kStart, 17, 23, kEnd, kEnd, kEnd, kEnd));
  EXPECT_THAT(made().encode("1 1 1", 4), ElementsAre(kStart, 23, 23, kEnd));
  EXPECT_THAT(made().encode("low", 2), ElementsAre(kStart, kEnd));
  EXPECT_EQ(made().encode("low").size(), 77u);
}

TEST(ClipTokenizer, KnowsItsSpecialIds) {
  EXPECT_EQ(made().start_id(), kStart);
  EXPECT_EQ(made().end_id(), kEnd);
  EXPECT_EQ(made().padding_id(), kEnd);
  EXPECT_EQ(made().vocabulary_size(), 26);
  EXPECT_EQ(made().max_length(), 77);
}

TEST(ClipTokenizer, RefusesLengthsThatCannotHoldTheFrame) {
  EXPECT_THROW(made().encode("low", 1), std::invalid_argument);
  EXPECT_THROW(made().encode("low", -1), std::invalid_argument);
  EXPECT_THROW(made().encode("low", int64_t{1} << 40), std::invalid_argument);
}

TEST(ClipTokenizer, TakesInvalidUtf8AsReplacementCharacters) {
  const ClipTokenizer small = ClipTokenizer::from_folder(std::filesystem::path(SITU_SOURCE_DIR) /
                                                         "tests/parity/clip_tokenizer/small_sd1");
  EXPECT_EQ(small.tokenize("a\xff"), small.tokenize("a\ufffd"));
  EXPECT_EQ(small.tokenize("\xe2\x82 dog"), small.tokenize("\ufffd dog")) << "cut short";
  EXPECT_EQ(small.tokenize("\xed\xa0\x80"), small.tokenize("\ufffd\ufffd\ufffd")) << "a surrogate";
  EXPECT_EQ(small.tokenize("\xc0\xaf"), small.tokenize("\ufffd\ufffd")) << "overlong";
}

TEST(ClipTokenizer, TakesLongWordsInLittleTime) {
  const std::string word(1 << 19, 'l');
  EXPECT_EQ(made().tokenize(word).size(), word.size());
  EXPECT_THROW(made().tokenize(std::string((1 << 24) + 1, ' ')), std::invalid_argument);
}

}  // namespace
}  // namespace situ
