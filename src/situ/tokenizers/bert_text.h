// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// How text is prepared before it is cut into pieces of words: the keys of tokenizers'
/// BertNormalizer.
struct BertTextOptions {
  bool clean_text = true;            ///< controls are removed, all white space becomes spaces
  bool handle_chinese_chars = true;  ///< every Han character is a word
  bool strip_accents = true;
  bool lowercase = true;
};

/// Text as BERT reads it. text: no lone surrogates.
std::u16string normalized_bert_text(std::u16string_view text, const BertTextOptions& options);

/// Words and single punctuation marks, without the white space between them.
std::vector<std::u16string> bert_words(std::u16string_view text);

}  // namespace situ
