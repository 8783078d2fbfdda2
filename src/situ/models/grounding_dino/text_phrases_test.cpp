// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/text_phrases.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

// Row by row, "1" where a token sees another.
std::string seen(const TextPhrases& phrases, int64_t row = 0) {
  std::string text;
  for (const at::Tensor& line : phrases.attention[row].unbind(0)) {
    for (const at::Tensor& value : line.unbind(0)) text += value.item<bool>() ? '1' : '0';
    text += ' ';
  }
  return text;
}

std::string places(const TextPhrases& phrases, int64_t row = 0) {
  std::string text;
  for (const at::Tensor& value : phrases.positions[row].unbind(0)) {
    text += std::to_string(value.item<int64_t>());
  }
  return text;
}

at::Tensor caption(std::initializer_list<int64_t> tokens) {
  return at::tensor(std::vector<int64_t>(tokens)).unsqueeze(0);
}

TEST(TextPhrases, TokensSeeTheirPhraseWithItsMark) {  // "the road.": the original's own example
  const TextPhrases phrases = text_phrases(caption({101, 1996, 2346, 1012, 102}));
  EXPECT_EQ(seen(phrases), "10000 01110 01110 01110 00001 ");
  EXPECT_EQ(places(phrases), "00120");
}

TEST(TextPhrases, PhrasesDoNotSeeEachOther) {
  const TextPhrases phrases = text_phrases(caption({101, 7, 1029, 8, 9, 1012, 102}));
  EXPECT_EQ(seen(phrases), "1000000 0110000 0110000 0001110 0001110 0001110 0000001 ");
  EXPECT_EQ(places(phrases), "0010120");
}

TEST(TextPhrases, WhatNoMarkEndsSeesItself) {
  const TextPhrases phrases = text_phrases(caption({101, 7, 8, 102}));
  EXPECT_EQ(seen(phrases), "1000 0100 0010 0001 ");
  EXPECT_EQ(places(phrases), "0000");
}

TEST(TextPhrases, AMarkAloneIsAPhrase) {
  EXPECT_EQ(places(text_phrases(caption({101, 1012, 1012, 102}))), "0000");
}

TEST(TextPhrases, InAPaddedRowTheEndMarkEndsAPhraseAndPaddingSeesItself) {
  const at::Tensor tokens =
      at::cat({caption({101, 7, 8, 1012, 9, 1012, 102}), caption({101, 7, 1012, 8, 102, 0, 0})});
  const TextPhrases phrases = text_phrases(tokens);
  EXPECT_EQ(places(phrases, 0), "0012010");
  EXPECT_EQ(seen(phrases, 1), "1000000 0110000 0110000 0001100 0001100 0000010 0000001 ");
  EXPECT_EQ(places(phrases, 1), "0010100");
}

TEST(TextPhrases, RefusesOtherTensors) {
  EXPECT_THROW(text_phrases(at::zeros({3}, at::kLong)), std::invalid_argument);
  EXPECT_THROW(text_phrases(at::zeros({1, 3})), std::invalid_argument);
}

}  // namespace
}  // namespace situ
