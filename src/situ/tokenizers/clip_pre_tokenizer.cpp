// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_pre_tokenizer.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <array>
#include <stdexcept>

namespace situ {
namespace {

using icu::UnicodeString;

enum class Kind { kSpace, kLetter, kNumeral, kOther };

Kind kind_of(UChar32 c) {
  if (u_isUWhiteSpace(c)) return Kind::kSpace;
  const std::uint32_t category = U_MASK(u_charType(c));
  if (category & U_GC_L_MASK) return Kind::kLetter;
  return category & U_GC_N_MASK ? Kind::kNumeral : Kind::kOther;
}

UnicodeString normalized(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  const UnicodeString raw =
      UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  const UnicodeString composed = nfc->normalize(raw, status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU: ") + u_errorName(status));

  UnicodeString lower;
  for (int32_t i = 0; i < composed.length(); i = composed.moveIndex32(i, 1)) {
    const UChar32 c = composed.char32At(i);
    constexpr UChar32 kDottedCapitalI = 0x130;  // the one letter whose lower case is two characters
    if (c == kDottedCapitalI) {
      lower.append(UChar32{'i'}).append(UChar32{0x307});
    } else {
      lower.append(u_tolower(c));
    }
  }
  return lower;
}

// Length of the contraction that begins at `i`, or 0.
int32_t contraction_at(const UnicodeString& text, int32_t i) {
  static const std::array<UnicodeString, 7> contractions = {"'s", "'t",  "'re", "'ve",
                                                            "'m", "'ll", "'d"};
  for (const UnicodeString& contraction : contractions) {
    if (text.compare(i, contraction.length(), contraction) == 0) return contraction.length();
  }
  return 0;
}

// A mark that was written in capitals is no token of its own, yet the published expression still
// cuts it out whole, and a second one cuts it in three. Returns whether there was one at `i`, which
// moves on.
bool append_lowered_mark(const UnicodeString& text, int32_t& i, std::vector<std::string>& words) {
  for (const char* name : {"startoftext", "endoftext"}) {
    const UnicodeString mark = UnicodeString("<|") + name + "|>";
    if (text.compare(i, mark.length(), mark) != 0) continue;
    words.insert(words.end(), {"<|", name, "|>"});
    i += mark.length();
    return true;
  }
  return false;
}

int32_t word_end(const UnicodeString& text, int32_t begin, Kind kind) {
  if (const int32_t length = contraction_at(text, begin); length > 0) return begin + length;
  int32_t end = text.moveIndex32(begin, 1);
  if (kind == Kind::kNumeral) return end;
  while (end < text.length() && kind_of(text.char32At(end)) == kind) end = text.moveIndex32(end, 1);
  return end;
}

}  // namespace

std::vector<std::string> clip_words(std::string_view text) {
  const UnicodeString clean = normalized(text);
  std::vector<std::string> words;
  for (int32_t i = 0; i < clean.length();) {
    const Kind kind = kind_of(clean.char32At(i));
    if (kind == Kind::kSpace) {
      i = clean.moveIndex32(i, 1);
      continue;
    }
    if (append_lowered_mark(clean, i, words)) continue;
    const int32_t end = word_end(clean, i, kind);
    clean.tempSubStringBetween(i, end).toUTF8String(words.emplace_back());
    i = end;
  }
  return words;
}

}  // namespace situ
