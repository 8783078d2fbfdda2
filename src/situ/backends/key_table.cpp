// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/key_table.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

namespace situ {
namespace {

std::string_view first_part(std::string_view text) { return text.substr(0, text.find('.')); }

// Without the first part and its dot.
std::string_view behind_part(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 4 && std::all_of(text.begin(), text.end(), [](char sign) {
    return sign >= '0' && sign <= '9';
  });
}

// A key that a pattern names.
struct Match {
  std::vector<std::string_view> numbers;
  std::string_view rest;  // behind the pattern
};

std::optional<Match> matched(std::string_view key, std::string_view pattern) {
  Match match;
  while (!pattern.empty()) {
    const std::string_view wanted = first_part(pattern), found = first_part(key);
    if (wanted == "*" && is_number(found)) {
      match.numbers.push_back(found);
    } else if (wanted != found) {
      return std::nullopt;
    }
    pattern = behind_part(pattern);
    key = behind_part(key);
  }
  match.rest = key;
  return match;
}

std::string filled(std::string_view pattern, const Match& match) {
  std::string key;
  std::size_t number = 0;
  for (; !pattern.empty(); pattern = behind_part(pattern)) {
    const std::string_view part = first_part(pattern);
    if (!key.empty()) key += '.';
    key += part == "*" ? match.numbers.at(number++) : part;
  }
  if (!match.rest.empty()) key.append(".").append(match.rest);
  return key;
}

// The key by the first rule that fits, from one of its names to the other; itself where none does.
std::string renamed_key(const std::string& key, const std::vector<KeyRule>& rules,
                        std::string_view KeyRule::*from, std::string_view KeyRule::*to) {
  for (const KeyRule& rule : rules) {
    if (const auto match = matched(key, rule.*from)) return filled(rule.*to, *match);
  }
  return key;
}

// Puts the three parts of a fused tensor into `canonical`. False where it is none.
bool split_fused(const std::string& key, const at::Tensor& tensor,
                 const std::vector<FusedKeyRule>& rules, StateDict& canonical) {
  for (const FusedKeyRule& rule : rules) {
    const auto match = matched(key, rule.original);
    if (!match || tensor.dim() == 0 || tensor.size(0) % 3 != 0) continue;
    const std::vector<at::Tensor> parts = tensor.chunk(3);
    for (std::size_t i = 0; i < 3; ++i) canonical[filled(rule.canonical[i], *match)] = parts[i];
    return true;
  }
  return false;
}

// Puts the tensor that `key` is a part of into `original`, when its first part is asked for. False
// where it is a part of none.
bool join_fused(const std::string& key, const StateDict& canonical,
                const std::vector<FusedKeyRule>& rules, StateDict& original) {
  for (const FusedKeyRule& rule : rules) {
    for (std::size_t part = 0; part < rule.canonical.size(); ++part) {
      const auto match = matched(key, rule.canonical[part]);
      if (!match) continue;
      if (part > 0) return true;
      std::vector<at::Tensor> parts;
      for (const std::string_view name : rule.canonical) {
        const auto found = canonical.find(filled(name, *match));
        if (found != canonical.end()) parts.push_back(found->second);
      }
      original[filled(rule.original, *match)] = at::cat(parts);
      return true;
    }
  }
  return false;
}

}  // namespace

StateDict KeyTable::to_canonical(const StateDict& original) const {
  StateDict canonical;
  for (const auto& [key, tensor] : original) {
    if (split_fused(key, tensor, fused_, canonical)) continue;
    canonical[renamed_key(key, rules_, &KeyRule::original, &KeyRule::canonical)] = tensor;
  }
  return canonical;
}

StateDict KeyTable::to_original(const StateDict& canonical) const {
  StateDict original;
  for (const auto& [key, tensor] : canonical) {
    if (join_fused(key, canonical, fused_, original)) continue;
    original[renamed_key(key, rules_, &KeyRule::canonical, &KeyRule::original)] = tensor;
  }
  return original;
}

}  // namespace situ
