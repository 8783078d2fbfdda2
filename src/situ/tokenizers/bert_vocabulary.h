// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "situ/tokenizers/added_tokens.h"
#include "situ/tokenizers/bert_text.h"

namespace situ {

/// What the files of a BERT tokenizer say.
struct BertVocabulary {
  std::unordered_map<std::string, int64_t> ids;
  std::vector<std::string> tokens;  ///< by id; "" where an id is no token's
  std::vector<AddedToken> special_tokens;
  BertTextOptions text;
  std::string continuation = "##";  ///< before pieces that go on a word
  int64_t longest_word = 100;       ///< characters
  bool clean_up_spaces = false;     ///< transformers' clean_up_tokenization_spaces
  int64_t unknown_id = 0, class_id = 0, separator_id = 0;
};

/// Throws as BertTokenizer::from_folder.
BertVocabulary read_bert_vocabulary(const std::filesystem::path& folder);

}  // namespace situ
