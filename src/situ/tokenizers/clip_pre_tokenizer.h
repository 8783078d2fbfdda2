// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// The words that CLIP's tokenizer encodes one by one, as UTF-8: after NFC, each run of white space
/// as one space, and lower case character by character; then contractions ('s, 'll, …), runs of
/// letters, single numerals and runs of anything else but white space. Malformed UTF-8 becomes
/// U+FFFD. Source: the tokenizer.json of CLIP models, as written by transformers 5.
std::vector<std::string> clip_words(std::string_view text);

}  // namespace situ
