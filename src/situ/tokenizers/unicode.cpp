// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace situ {
namespace {

constexpr int kCategoryVersion = 16;
constexpr int kBertVersion = 8;

struct ClassRange {
  char32_t first;
  char32_t last;
  CharacterClass kind;
};

/// Letters and numbers that Unicode 15.1 and 16 added, in order.
constexpr CharacterClass kL = CharacterClass::kLetter;
constexpr CharacterClass kN = CharacterClass::kNumber;
constexpr std::array kNewerClasses = std::to_array<ClassRange>({
    {0x1C89, 0x1C8A, kL},   {0xA7CB, 0xA7CD, kL},   {0xA7DA, 0xA7DC, kL},   {0x105C0, 0x105F3, kL},
    {0x10D40, 0x10D49, kN}, {0x10D4A, 0x10D65, kL}, {0x10D6F, 0x10D85, kL}, {0x10EC2, 0x10EC4, kL},
    {0x11380, 0x11389, kL}, {0x1138B, 0x1138B, kL}, {0x1138E, 0x1138E, kL}, {0x11390, 0x113B5, kL},
    {0x113B7, 0x113B7, kL}, {0x113D1, 0x113D1, kL}, {0x113D3, 0x113D3, kL}, {0x116D0, 0x116E3, kN},
    {0x11BC0, 0x11BE0, kL}, {0x11BF0, 0x11BF9, kN}, {0x13460, 0x143FA, kL}, {0x16100, 0x1611D, kL},
    {0x16130, 0x16139, kN}, {0x16D40, 0x16D6C, kL}, {0x16D70, 0x16D79, kN}, {0x18CFF, 0x18CFF, kL},
    {0x1CCF0, 0x1CCF9, kN}, {0x1E5D0, 0x1E5ED, kL}, {0x1E5F0, 0x1E5F0, kL}, {0x1E5F1, 0x1E5FA, kN},
    {0x2EBF0, 0x2EE5D, kL},
});

struct LowerRange {
  char32_t first;
  char32_t last;
  char32_t lower;  // of the first
};

/// Capitals that Unicode 16 and 17 added, in order.
constexpr std::array kNewerCapitals = std::to_array<LowerRange>({
    {0x1C89, 0x1C89, 0x1C8A},
    {0xA7CB, 0xA7CB, 0x264},
    {0xA7CC, 0xA7CC, 0xA7CD},
    {0xA7CE, 0xA7CE, 0xA7CF},
    {0xA7D2, 0xA7D2, 0xA7D3},
    {0xA7D4, 0xA7D4, 0xA7D5},
    {0xA7DA, 0xA7DA, 0xA7DB},
    {0xA7DC, 0xA7DC, 0x19B},
    {0x10D50, 0x10D65, 0x10D70},
    {0x16EA0, 0x16EB8, 0x16EBB},
});

struct Category {
  char32_t character;
  GeneralCategory category;
};

/// Characters of Unicode 8 that later versions moved to another category, with the one of then.
constexpr std::array kMovedCategories = std::to_array<Category>({
    {0x166D, GeneralCategory::kPunctuation},
    {0x1734, GeneralCategory::kNonspacingMark},
    {0x1885, GeneralCategory::kOther},
    {0x1886, GeneralCategory::kOther},
    {0xA9BD, GeneralCategory::kOther},
    {0x111C9, GeneralCategory::kPunctuation},
});

template <class Range, size_t N>
const Range* range_with(const std::array<Range, N>& ranges, char32_t c) {
  const auto found = std::find_if(ranges.begin(), ranges.end(), [&](const Range& one) {
    return c >= one.first && c <= one.last;
  });
  return found == ranges.end() ? nullptr : &*found;
}

/// The major version that assigned the character, 0 when this ICU does not know it.
int age_of(UChar32 c) {
  UVersionInfo version;
  u_charAge(c, version);
  return version[0];
}

CharacterClass class_from_icu(UChar32 c) {
  const uint32_t mask = U_GET_GC_MASK(c);
  if ((mask & U_GC_L_MASK) != 0) return CharacterClass::kLetter;
  if ((mask & U_GC_N_MASK) != 0) return CharacterClass::kNumber;
  if (u_hasBinaryProperty(c, UCHAR_WHITE_SPACE)) return CharacterClass::kSpace;
  return CharacterClass::kOther;
}

void check(UErrorCode code, const char* what) {
  if (U_FAILURE(code)) {
    throw std::runtime_error(std::string("ICU: ") + what + ": " + u_errorName(code));
  }
}

icu::UnicodeSet characters_of_unicode_9() {
  UErrorCode code = U_ZERO_ERROR;
  icu::UnicodeSet set(icu::UnicodeString(u"[:age=9.0:]"), code);
  check(code, "the characters of Unicode 9");
  set.freeze();
  return set;
}

const icu::UnicodeSet& known_to_normalizers() {
  static const icu::UnicodeSet known = characters_of_unicode_9();
  return known;
}

const icu::Normalizer2& composer() {
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* all = icu::Normalizer2::getNFCInstance(code);
  check(code, "normalization form C");
  static const icu::FilteredNormalizer2 filtered(*all, known_to_normalizers());
  return filtered;
}

const icu::Normalizer2& decomposer() {
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* all = icu::Normalizer2::getNFDInstance(code);
  check(code, "normalization form D");
  static const icu::FilteredNormalizer2 filtered(*all, known_to_normalizers());
  return filtered;
}

}  // namespace

CharacterClass character_class(char32_t c) {
  const auto code = static_cast<UChar32>(c);
  if (const CharacterClass kind = class_from_icu(code);
      kind != CharacterClass::kOther && age_of(code) <= kCategoryVersion) {
    return kind;
  }
  const ClassRange* newer = range_with(kNewerClasses, c);
  return newer == nullptr ? CharacterClass::kOther : newer->kind;
}

GeneralCategory general_category(char32_t c) {
  for (const Category& moved : kMovedCategories) {
    if (moved.character == c) return moved.category;
  }
  if (age_of(static_cast<UChar32>(c)) > kBertVersion) return GeneralCategory::kOther;
  const uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(c));
  if ((mask & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK)) != 0) {
    return GeneralCategory::kControl;
  }
  if ((mask & U_GC_P_MASK) != 0) return GeneralCategory::kPunctuation;
  if ((mask & U_GC_MN_MASK) != 0) return GeneralCategory::kNonspacingMark;
  return GeneralCategory::kOther;
}

void append_lower_case(char32_t c, std::u16string& text) {
  if (c == 0x130) {  // the only character whose full lower case is more than one
    text += u"i\u0307";
    return;
  }
  auto lower = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  if (lower == c && c > 0x7F) {
    if (const LowerRange* newer = range_with(kNewerCapitals, c)) {
      lower = newer->lower + (c - newer->first);
    }
  }
  if (lower > 0xFFFF) {
    text += static_cast<char16_t>(U16_LEAD(lower));
    text += static_cast<char16_t>(U16_TRAIL(lower));
  } else {
    text += static_cast<char16_t>(lower);
  }
}

std::u16string composed_text(std::u16string_view text) {
  const icu::UnicodeString source(false, text.data(), static_cast<int32_t>(text.size()));
  UErrorCode code = U_ZERO_ERROR;
  icu::UnicodeString composed;
  composer().normalize(source, composed, code);
  check(code, "composing a text");
  return {composed.getBuffer(), static_cast<size_t>(composed.length())};
}

std::u16string decomposed_text(std::u16string_view text) {
  const icu::UnicodeString source(false, text.data(), static_cast<int32_t>(text.size()));
  UErrorCode code = U_ZERO_ERROR;
  icu::UnicodeString decomposed;
  decomposer().normalize(source, decomposed, code);
  check(code, "decomposing a text");
  return {decomposed.getBuffer(), static_cast<size_t>(decomposed.length())};
}

std::u16string utf16_from_utf8(std::string_view text) {
  const icu::UnicodeString decoded = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  return {decoded.getBuffer(), static_cast<size_t>(decoded.length())};
}

std::string utf8_from_utf16(std::u16string_view text) {
  std::string encoded;
  icu::UnicodeString(false, text.data(), static_cast<int32_t>(text.size())).toUTF8String(encoded);
  return encoded;
}

char32_t code_point_at(std::u16string_view text, size_t& index) {
  UChar32 c = 0;
  U16_NEXT(text.data(), index, text.size(), c);
  return static_cast<char32_t>(c);
}

}  // namespace situ
