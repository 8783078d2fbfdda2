// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/weighted_prompt.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>

namespace situ {
namespace {

// "(text:1.3)": where its colon and its closing parenthesis are.
struct Group {
  std::size_t colon = 0;
  std::size_t close = 0;
  double weight = 1;
};

bool escaped(std::string_view prompt, std::size_t i) {
  return prompt[i] == '\\' && i + 1 < prompt.size() &&
         std::string_view("()\\").find(prompt[i + 1]) != std::string_view::npos;
}

std::optional<double> number(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

// The weighted groups by where they open.
std::map<std::size_t, Group> weighted_groups(std::string_view prompt) {
  struct Open {
    std::size_t at;
    std::optional<std::size_t> colon;
  };
  std::vector<Open> open;
  std::map<std::size_t, Group> groups;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    if (escaped(prompt, i)) {
      ++i;
    } else if (prompt[i] == '(') {
      open.push_back({.at = i, .colon = {}});
    } else if (prompt[i] == ':' && !open.empty()) {
      open.back().colon = i;
    } else if (prompt[i] == ')' && !open.empty()) {
      const auto [at, colon] = open.back();
      open.pop_back();
      if (!colon) continue;
      if (const auto weight = number(prompt.substr(*colon + 1, i - *colon - 1))) {
        groups[at] = {.colon = *colon, .close = i, .weight = *weight};
      }
    }
  }
  return groups;
}

}  // namespace

std::vector<WeightedText> parse_weighted_prompt(std::string_view prompt) {
  const std::map<std::size_t, Group> groups = weighted_groups(prompt);
  std::vector<WeightedText> stretches;
  std::vector<Group> inside;            // outermost first
  std::vector<double> product = {1.0};  // of the weights around, one more than `inside`
  const auto append = [&](char c) {
    if (stretches.empty() || stretches.back().weight != product.back()) {
      stretches.push_back({.text = "", .weight = product.back()});
    }
    stretches.back().text += c;
  };
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    if (!inside.empty() && i == inside.back().colon) {
      i = inside.back().close;
      inside.pop_back();
      product.pop_back();
    } else if (const auto group = groups.find(i); group != groups.end()) {
      inside.push_back(group->second);
      product.push_back(product.back() * group->second.weight);
    } else {
      if (escaped(prompt, i)) ++i;
      append(prompt[i]);
    }
  }
  return stretches;
}

}  // namespace situ
