// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What Unicode says about characters, in the versions that the Rust package `tokenizers` 0.23.3
/// has built in (they differ from each other and from ICU's): composition as of Unicode 9,
/// categories as of 16, lower case as of 17. Characters that ICU's data is too old for come from a
/// small table, so that the answers do not depend on the ICU installed.
namespace situ {

enum class CharacterClass : uint8_t {
  kLetter,  ///< category L
  kNumber,  ///< category N
  kSpace,   ///< the property White_Space
  kOther,   ///< all else: marks, punctuation, symbols, unassigned
};

CharacterClass character_class(char32_t c);

/// The general categories that BERT's tokenizer asks for, as of Unicode 8: characters that are
/// younger are of none.
enum class GeneralCategory : uint8_t {
  kControl,         ///< category C: controls, formats, private use
  kPunctuation,     ///< category P
  kNonspacingMark,  ///< category Mn
  kOther,
};

GeneralCategory general_category(char32_t c);

/// Appends the lower case of one character without regard to its neighbours: İ becomes i and
/// U+0307, Σ always σ.
void append_lower_case(char32_t c, std::u16string& text);

/// Unicode's normalization form C. text: no lone surrogates.
std::u16string composed_text(std::u16string_view text);

/// Unicode's normalization form D. text: no lone surrogates.
std::u16string decomposed_text(std::u16string_view text);

/// Each maximal part of an invalid sequence becomes U+FFFD (as Python's errors="replace" does).
std::u16string utf16_from_utf8(std::string_view text);
std::string utf8_from_utf16(std::u16string_view text);

/// Returns the code point that starts at `index` < text.size() and moves `index` behind it.
char32_t code_point_at(std::u16string_view text, size_t& index);

}  // namespace situ
