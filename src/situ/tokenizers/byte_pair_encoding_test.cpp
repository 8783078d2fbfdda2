// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/byte_pair_encoding.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace situ {
namespace {

using Ids = std::vector<std::int64_t>;

BytePairEncoding small_encoding() {
  return BytePairEncoding(
      {{"l", 0}, {"o", 1}, {"w", 2}, {"w</w>", 3}, {"lo", 4}, {"low</w>", 5}, {"ow</w>", 6}},
      {{"o", "w</w>"}, {"l", "o"}, {"lo", "w</w>"}}, 99);
}

Ids encoded(std::string_view word) {
  Ids ids;
  small_encoding().append_word(word, ids);
  return ids;
}

TEST(BytePairEncoding, AppliesTheMostFrequentMergeFirst) {
  // "ow</w>" has the lower rank, so "low" is not reached through "lo".
  EXPECT_EQ(encoded("low"), (Ids{0, 6}));
  EXPECT_EQ(encoded("lol"), (Ids{4, 99}));
}

TEST(BytePairEncoding, GivesUnknownSymbolsTheirOwnId) {
  EXPECT_EQ(encoded("x"), (Ids{99}));
  EXPECT_EQ(encoded("w"), (Ids{3}));
}

TEST(BytePairEncoding, RefusesMergesOutsideTheVocabulary) {
  EXPECT_THROW(BytePairEncoding({{"a", 0}}, {{"a", "b"}}, 0), std::invalid_argument);
}

TEST(BytePairEncoding, GivesEveryByteASymbolOfItsOwn) {
  std::set<std::string> symbols;
  for (int byte = 0; byte < 256; ++byte) {
    symbols.insert(BytePairEncoding::byte_symbol(static_cast<unsigned char>(byte)));
  }
  EXPECT_EQ(symbols.size(), 256u);
  EXPECT_EQ(BytePairEncoding::byte_symbol('A'), "A");
  EXPECT_EQ(BytePairEncoding::byte_symbol(' '), "Ġ");
  EXPECT_EQ(BytePairEncoding::byte_symbol(0), "Ā");
  EXPECT_EQ(BytePairEncoding::byte_symbol(0xAD), "Ń");
}

}  // namespace
}  // namespace situ
