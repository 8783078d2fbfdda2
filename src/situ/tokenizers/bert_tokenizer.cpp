// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/bert_tokenizer.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "situ/tokenizers/bert_text.h"
#include "situ/tokenizers/bert_vocabulary.h"
#include "situ/tokenizers/unicode.h"

namespace situ {

struct BertTokenizer::Parts {
  explicit Parts(BertVocabulary from)
      : vocabulary(std::move(from)),
        special(vocabulary.special_tokens, [this](std::u16string_view text) {
          return normalized_bert_text(text, vocabulary.text);
        }) {}

  void append_text(std::u16string_view text, std::vector<int64_t>& ids) const;
  void append_word(std::u16string_view word, std::vector<int64_t>& ids) const;

  BertVocabulary vocabulary;
  AddedTokenFinder special;
};

namespace {

// Where each character of the word begins in UTF-8, and where the last one ends.
std::vector<std::size_t> boundaries(const std::string& word) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if ((static_cast<unsigned char>(word[i]) & 0xC0U) != 0x80U) places.push_back(i);
  }
  places.push_back(word.size());
  return places;
}

// The tokenizers package looks at each token by itself: "..." follows a word directly, too.
bool follows_directly(std::string_view token) {
  constexpr std::array<std::string_view, 9> kStarts = {".",  "?",  "!",   ",",  "n't",
                                                       "'m", "'s", "'ve", "'re"};
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return token.starts_with(start); });
}

// transformers' clean_up_tokenization: these one after the other, each from left to right.
std::string with_spaces_cleaned(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kSteps{{{" .", "."},
                                                                                  {" ?", "?"},
                                                                                  {" !", "!"},
                                                                                  {" ,", ","},
                                                                                  {" ' ", "'"},
                                                                                  {" n't", "n't"},
                                                                                  {" 'm", "'m"},
                                                                                  {" 's", "'s"},
                                                                                  {" 've", "'ve"},
                                                                                  {" 're", "'re"}}};
  for (const auto& [from, to] : kSteps) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
      at += to.size();
    }
  }
  return text;
}

}  // namespace

void BertTokenizer::Parts::append_text(std::u16string_view text, std::vector<int64_t>& ids) const {
  for (const TextPiece& piece :
       special.split_normalized(normalized_bert_text(text, vocabulary.text))) {
    if (piece.id) {
      ids.push_back(*piece.id);
      continue;
    }
    for (const std::u16string& word : bert_words(piece.text)) append_word(word, ids);
  }
}

// Greedily the longest piece that the vocabulary has; a word with a part that it lacks is unknown
// as a whole.
void BertTokenizer::Parts::append_word(std::u16string_view word, std::vector<int64_t>& ids) const {
  const std::string text = utf8_from_utf16(word);
  const std::vector<std::size_t> places = boundaries(text);
  const std::size_t characters = places.size() - 1;
  std::vector<int64_t> pieces;
  std::size_t begin = characters > static_cast<std::size_t>(vocabulary.longest_word)
                          ? characters + 1  // too long to be known
                          : 0;
  while (begin < characters) {
    std::size_t end = characters;
    for (; end > begin; --end) {
      const std::string part = text.substr(places[begin], places[end] - places[begin]);
      const auto found = vocabulary.ids.find(begin == 0 ? part : vocabulary.continuation + part);
      if (found == vocabulary.ids.end()) continue;
      pieces.push_back(found->second);
      break;
    }
    if (end == begin) break;
    begin = end;
  }
  if (begin != characters) pieces = {vocabulary.unknown_id};
  ids.insert(ids.end(), pieces.begin(), pieces.end());
}

BertTokenizer::BertTokenizer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BertTokenizer::BertTokenizer(BertTokenizer&&) noexcept = default;
BertTokenizer& BertTokenizer::operator=(BertTokenizer&&) noexcept = default;
BertTokenizer::~BertTokenizer() = default;

BertTokenizer BertTokenizer::from_folder(const std::filesystem::path& folder) {
  return BertTokenizer(std::make_unique<Parts>(read_bert_vocabulary(folder)));
}

std::vector<int64_t> BertTokenizer::encode(const std::string& text) const {
  std::vector<int64_t> ids{parts_->vocabulary.class_id};
  for (const TextPiece& piece : parts_->special.split_raw(utf16_from_utf8(text))) {
    if (piece.id) {
      ids.push_back(*piece.id);
    } else {
      parts_->append_text(piece.text, ids);
    }
  }
  ids.push_back(parts_->vocabulary.separator_id);
  return ids;
}

std::string BertTokenizer::decode(std::span<const int64_t> ids, SpaceCleanUp clean_up) const {
  const BertVocabulary& vocabulary = parts_->vocabulary;
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || ids[i] >= vocabulary_size()) {
      throw std::invalid_argument("BertTokenizer: no token has the id " + std::to_string(ids[i]));
    }
    const std::string& token = vocabulary.tokens[static_cast<std::size_t>(ids[i])];
    if (i > 0 && token.starts_with(vocabulary.continuation)) {
      text += token.substr(vocabulary.continuation.size());
      continue;
    }
    if (i > 0 && !follows_directly(token)) text += ' ';
    text += token;
  }
  const bool cleaned = clean_up == SpaceCleanUp::kAlways || vocabulary.clean_up_spaces;
  return cleaned ? with_spaces_cleaned(std::move(text)) : text;
}

int64_t BertTokenizer::vocabulary_size() const {
  return static_cast<int64_t>(parts_->vocabulary.tokens.size());
}

}  // namespace situ
