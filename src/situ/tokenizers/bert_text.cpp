// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/bert_text.h"

#include <unicode/uchar.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>

#include "situ/tokenizers/unicode.h"

namespace situ {
namespace {

void append(char32_t c, std::u16string& text) {
  if (c > 0xFFFF) {
    text += static_cast<char16_t>(U16_LEAD(c));
    text += static_cast<char16_t>(U16_TRAIL(c));
  } else {
    text += static_cast<char16_t>(c);
  }
}

// Calls change(character, result) for each character.
template <class Change>
std::u16string changed(std::u16string_view text, Change&& change) {
  std::u16string result;
  for (size_t i = 0; i < text.size();) change(code_point_at(text, i), result);
  return result;
}

bool is_space(char32_t c) { return character_class(c) == CharacterClass::kSpace; }

bool is_removed(char32_t c) {
  const bool counts_as_space = c == U'\t' || c == U'\n' || c == U'\r';
  return c == 0xFFFD || (!counts_as_space && general_category(c) == GeneralCategory::kControl);
}

// The ideographs that BERT was trained with as words of their own.
bool is_ideograph(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 8> kRanges{{{0x4E00, 0x9FFF},
                                                                  {0x3400, 0x4DBF},
                                                                  {0x20000, 0x2A6DF},
                                                                  {0x2A700, 0x2B73F},
                                                                  {0x2B740, 0x2B81F},
                                                                  {0x2B920, 0x2CEAF},
                                                                  {0xF900, 0xFAFF},
                                                                  {0x2F800, 0x2FA1F}}};
  return std::any_of(kRanges.begin(), kRanges.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool is_punctuation(char32_t c) {
  const bool ascii = (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
                     (c >= 123 && c <= 126);
  return ascii || general_category(c) == GeneralCategory::kPunctuation;
}

std::u16string cleaned(std::u16string_view text) {
  return changed(text, [](char32_t c, std::u16string& result) {
    if (!is_removed(c)) append(is_space(c) ? U' ' : c, result);
  });
}

std::u16string with_ideographs_apart(std::u16string_view text) {
  return changed(text, [](char32_t c, std::u16string& result) {
    if (is_ideograph(c)) result += u' ';
    append(c, result);
    if (is_ideograph(c)) result += u' ';
  });
}

std::u16string without_accents(std::u16string_view text) {
  return changed(decomposed_text(text), [](char32_t c, std::u16string& result) {
    if (general_category(c) != GeneralCategory::kNonspacingMark) append(c, result);
  });
}

}  // namespace

std::u16string normalized_bert_text(std::u16string_view text, const BertTextOptions& options) {
  std::u16string result(text);
  if (options.clean_text) result = cleaned(result);
  if (options.handle_chinese_chars) result = with_ideographs_apart(result);
  if (options.strip_accents) result = without_accents(result);
  if (options.lowercase) {
    result = changed(result, [](char32_t c, std::u16string& to) { append_lower_case(c, to); });
  }
  return result;
}

std::vector<std::u16string> bert_words(std::u16string_view text) {
  std::vector<std::u16string> words;
  bool open = false;  // the last word may go on
  for (size_t i = 0; i < text.size();) {
    const char32_t c = code_point_at(text, i);
    if (is_space(c)) {
      open = false;
      continue;
    }
    const bool mark = is_punctuation(c);
    if (!open || mark) words.emplace_back();
    append(c, words.back());
    open = !mark;
  }
  return words;
}

}  // namespace situ
