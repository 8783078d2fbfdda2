// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/weighted_prompt.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <random>

namespace situ {

void PrintTo(const WeightedText& text, std::ostream* out) {
  *out << '"' << text.text << "\" x " << text.weight;
}

namespace {

using Stretches = std::vector<WeightedText>;

TEST(WeightedPrompt, TextWithoutWeightsIsOneStretch) {
  EXPECT_EQ(parse_weighted_prompt("a red car"), (Stretches{{"a red car", 1}}));
  EXPECT_EQ(parse_weighted_prompt(""), Stretches{});
}

TEST(WeightedPrompt, ANumberAfterAColonBeforeTheParenthesisIsAWeight) {
  EXPECT_EQ(parse_weighted_prompt("a (red:1.3) car"),
            (Stretches{{"a ", 1}, {"red", 1.3}, {" car", 1}}));
  EXPECT_EQ(parse_weighted_prompt("(a: b : 0.5 )"), (Stretches{{"a: b ", 0.5}}));
  EXPECT_EQ(parse_weighted_prompt("(a:+2)(b:2)(c:1)"), (Stretches{{"ab", 2}, {"c", 1}}));
}

TEST(WeightedPrompt, NestedWeightsMultiply) {
  EXPECT_EQ(parse_weighted_prompt("(a (red:2) car:1.5)!"),
            (Stretches{{"a ", 1.5}, {"red", 3}, {" car", 1.5}, {"!", 1}}));
}

TEST(WeightedPrompt, OtherParenthesesAreText) {
  for (const char* text : {"a dog (brown)", "f(x", "x) y", "(a:b)", "(a:)", "(:", "[a:2]", "((",
                           "(a:1.3", "a:1.3)", "(a:inf)", "(a:nan)", "(a:1e999)", "(a:1.3x)"}) {
    EXPECT_EQ(parse_weighted_prompt(text), (Stretches{{text, 1}})) << text;
  }
  EXPECT_EQ(parse_weighted_prompt("(a (red:2) car)"),
            (Stretches{{"(a ", 1}, {"red", 2}, {" car)", 1}}));
}

TEST(WeightedPrompt, ABackslashMakesParenthesesText) {
  EXPECT_EQ(parse_weighted_prompt(R"(\(red:1.3\) \\ \n)"), (Stretches{{R"((red:1.3) \ \n)", 1}}));
  EXPECT_EQ(parse_weighted_prompt(R"((a\):2)\)"), (Stretches{{"a)", 2}, {R"(\)", 1}}));
}

TEST(WeightedPrompt, AnEmptyGroupIsNothing) {
  EXPECT_EQ(parse_weighted_prompt("a(:2)b"), (Stretches{{"ab", 1}}));
}

TEST(WeightedPrompt, DeepNestingTakesNoRecursion) {
  const int depth = 200000;
  std::string prompt(depth, '(');
  prompt += "a";
  for (int i = 0; i < depth; ++i) prompt += ":1)";
  EXPECT_EQ(parse_weighted_prompt(prompt), (Stretches{{"a", 1}}));
}

TEST(WeightedPrompt, AnyTextSplitsIntoFiniteStretchesThatDifferFromTheirNeighbours) {
  std::mt19937 random(5);
  const std::string_view letters = "ab()):.2\\1 ";
  for (int run = 0; run < 20000; ++run) {
    std::string prompt;
    for (std::size_t i = random() % 24; i > 0; --i) prompt += letters[random() % letters.size()];
    const Stretches stretches = parse_weighted_prompt(prompt);
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      ASSERT_FALSE(stretches[i].text.empty()) << prompt;
      ASSERT_TRUE(std::isfinite(stretches[i].weight)) << prompt;
      if (i > 0) ASSERT_NE(stretches[i].weight, stretches[i - 1].weight) << prompt;
    }
  }
}

}  // namespace
}  // namespace situ
