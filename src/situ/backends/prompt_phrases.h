// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "situ/tokenizers/bert_tokenizer.h"

namespace situ {

/// A text that a detector takes at once.
struct Caption {
  std::vector<std::int64_t> tokens;  ///< with [CLS] and [SEP]
  /// The tokens of the negative prompt, half-open; equal where there is none.
  std::int64_t negative_begin = 0, negative_end = 0;
};

/// A prompt of phrases, "a dog. a cat", as captions of at most `max_tokens` tokens: lower case,
/// every phrase with its full stop, the negative prompt's behind the others in each. Throws
/// std::invalid_argument for a prompt without words, and for a phrase that fits into no caption.
std::vector<Caption> captions_of(const std::string& prompt, const std::string& negative_prompt,
                                 const BertTokenizer& tokenizer, std::int64_t max_tokens);

}  // namespace situ
