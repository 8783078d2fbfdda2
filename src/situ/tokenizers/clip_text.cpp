// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_text.h"

#include <array>
#include <cstdint>
#include <optional>

#include "situ/tokenizers/unicode.h"

namespace situ {
namespace {

using namespace std::string_view_literals;

constexpr std::array kContractions = {u"'s"sv, u"'t"sv,  u"'re"sv, u"'ve"sv,
                                      u"'m"sv, u"'ll"sv, u"'d"sv};

/// A start or end token that is not taken as one (in capitals, say) is kept together at first and
/// then cut by the second pattern of the reference, GPT-2's, into three words. So its "|>" stays
/// apart from a sign behind it.
struct Framed {
  std::u16string_view whole;
  std::array<std::u16string_view, 3> words;
};
constexpr std::array kFramed = {
    Framed{u"<|startoftext|>", {u"<|", u"startoftext", u"|>"}},
    Framed{u"<|endoftext|>", {u"<|", u"endoftext", u"|>"}},
};

const Framed* framed_at(std::u16string_view rest) {
  for (const Framed& framed : kFramed) {
    if (rest.starts_with(framed.whole)) return &framed;
  }
  return nullptr;
}

std::optional<size_t> contraction_at(std::u16string_view rest) {
  for (const std::u16string_view contraction : kContractions) {
    if (rest.starts_with(contraction)) return contraction.size();
  }
  return std::nullopt;
}

size_t run_length(std::u16string_view text, CharacterClass wanted) {
  size_t end = 0;
  while (end < text.size()) {
    size_t next = end;
    if (character_class(code_point_at(text, next)) != wanted) break;
    end = next;
  }
  return end;
}

}  // namespace

std::u16string normalize_clip_text(std::u16string_view text) {
  const std::u16string composed = composed_text(text);
  std::u16string result;
  result.reserve(composed.size());
  bool in_space = false;
  for (size_t i = 0; i < composed.size();) {
    const char32_t c = code_point_at(composed, i);
    const bool space = character_class(c) == CharacterClass::kSpace;
    if (!space) {
      append_lower_case(c, result);
    } else if (!in_space) {
      result += u' ';
    }
    in_space = space;
  }
  return result;
}

std::vector<std::string> split_clip_words(std::u16string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    if (const Framed* framed = framed_at(text)) {
      for (const std::u16string_view word : framed->words) words.push_back(utf8_from_utf16(word));
      text.remove_prefix(framed->whole.size());
      continue;
    }
    size_t length = 0;
    const CharacterClass kind = character_class(code_point_at(text, length));
    if (const std::optional<size_t> contraction = contraction_at(text)) {
      length = *contraction;
    } else if (kind != CharacterClass::kNumber) {  // digits stay single
      length = run_length(text, kind);
    }
    if (kind != CharacterClass::kSpace) words.push_back(utf8_from_utf16(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return words;
}

}  // namespace situ
