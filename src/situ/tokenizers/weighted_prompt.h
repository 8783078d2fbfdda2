// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// A stretch of a prompt and how much it counts; 1 is as written.
struct WeightedText {
  std::string text;
  double weight = 1;

  bool operator==(const WeightedText&) const = default;
};

/// Splits a prompt by the weights in it: `a (red:1.3) car`. Weights may be nested, and multiply.
/// Parentheses without a number at their end, or without their partner, are text; `\(`, `\)` and
/// `\\` stand for the character itself. A weight is any finite number. No stretch is empty, and
/// neighbours differ in weight; their texts, one after the other, are the prompt without its marks.
std::vector<WeightedText> parse_weighted_prompt(std::string_view prompt);

}  // namespace situ
