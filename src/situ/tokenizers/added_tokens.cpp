// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/added_tokens.h"

#include <algorithm>
#include <utility>

#include "situ/tokenizers/unicode.h"

namespace situ {

AddedTokenFinder::AddedTokenFinder(const std::vector<AddedToken>& tokens,
                                   const Normalize& normalize) {
  for (const AddedToken& token : tokens) {
    const std::u16string text = utf16_from_utf8(token.content);
    if (token.normalized) {
      normalized_.add({normalize(text), token.id});
    } else {
      raw_.add({text, token.id});
    }
  }
}

bool AddedTokenFinder::add(const AddedToken& token, const Normalize& normalize) {
  const std::u16string text = utf16_from_utf8(token.content);
  const std::u16string searched = token.normalized ? normalize(text) : text;
  if (searched.empty() || raw_.has(text) || normalized_.has(searched)) return false;
  (token.normalized ? normalized_ : raw_).add({searched, token.id});
  return true;
}

bool AddedTokenFinder::Patterns::has(std::u16string_view text) const {
  return std::any_of(longest_first.begin(), longest_first.end(),
                     [&](const Pattern& known) { return known.text == text; });
}

void AddedTokenFinder::Patterns::add(Pattern pattern) {
  if (pattern.text.empty()) return;
  if (first_units.find(pattern.text[0]) == std::u16string::npos) first_units += pattern.text[0];
  const auto place =
      std::find_if(longest_first.begin(), longest_first.end(),
                   [&](const Pattern& known) { return known.text.size() < pattern.text.size(); });
  longest_first.insert(place, std::move(pattern));  // of equal texts the first stays first
}

const AddedTokenFinder::Pattern* AddedTokenFinder::Patterns::at(std::u16string_view rest) const {
  if (first_units.find(rest[0]) == std::u16string::npos) return nullptr;
  for (const Pattern& pattern : longest_first) {
    if (rest.starts_with(pattern.text)) return &pattern;
  }
  return nullptr;
}

std::vector<TextPiece> AddedTokenFinder::Patterns::split(std::u16string_view text) const {
  std::vector<TextPiece> pieces;
  size_t start = 0;
  const auto end_text = [&](size_t end) {
    if (end > start) pieces.push_back({std::u16string(text.substr(start, end - start)), {}});
  };
  for (size_t i = 0; i < text.size();) {
    const Pattern* pattern = at(text.substr(i));
    if (pattern == nullptr) {
      ++i;
      continue;
    }
    end_text(i);
    pieces.push_back({{}, pattern->id});
    i += pattern->text.size();
    start = i;
  }
  end_text(text.size());
  return pieces;
}

std::vector<TextPiece> AddedTokenFinder::split_raw(std::u16string_view text) const {
  return raw_.split(text);
}

std::vector<TextPiece> AddedTokenFinder::split_normalized(std::u16string_view text) const {
  return normalized_.split(text);
}

}  // namespace situ
