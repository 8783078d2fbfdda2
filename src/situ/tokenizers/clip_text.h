// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// Canonically composed (NFC), every run of white space one blank, lower-cased character by
/// character (so a final sigma stays σ). text: UTF-16 without lone surrogates.
std::u16string normalize_clip_text(std::u16string_view text);

/// The words of normalised text in UTF-8: runs of letters, single digits, runs of other signs, and
/// English contractions ('s 't 're 've 'm 'll 'd) wherever one can start. White space is dropped.
std::vector<std::string> split_clip_words(std::u16string_view normalized);

}  // namespace situ
