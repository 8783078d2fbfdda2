// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/clip_tokenizer.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "situ/tokenizers/clip_folder.h"
#include "situ/tokenizers/clip_text.h"
#include "situ/tokenizers/unicode.h"

namespace situ {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 24;
constexpr int64_t kMaxLength = int64_t{1} << 24;

}  // namespace

ClipTokenizer::ClipTokenizer(BytePairEncoder encoder, AddedTokenFinder added_tokens)
    : encoder_(std::move(encoder)), added_tokens_(std::move(added_tokens)) {}

ClipTokenizer ClipTokenizer::from_folder(const std::filesystem::path& folder,
                                         const std::optional<std::string>& padding_token) {
  const ClipFolder files = read_clip_folder(folder, padding_token);
  ClipTokenizer tokenizer(BytePairEncoder(files.byte_ids, files.merges),
                          AddedTokenFinder(files.added_tokens, normalize_clip_text));
  tokenizer.max_length_ = files.model_max_length;
  tokenizer.start_id_ = files.start_id;
  tokenizer.end_id_ = files.end_id;
  tokenizer.padding_id_ = files.padding_id;
  tokenizer.vocabulary_size_ = files.vocabulary_size;
  return tokenizer;
}

void ClipTokenizer::add_token(const std::string& content, int64_t id) {
  const AddedToken token{.content = content, .normalized = true, .id = id};
  if (!added_tokens_.add(token, normalize_clip_text)) {
    throw std::invalid_argument("the token \"" + content + "\" is " +
                                (content.empty() ? "empty" : "there already"));
  }
}

std::vector<int64_t> ClipTokenizer::tokenize(std::string_view text) const {
  if (text.size() > kMaxTextBytes) {
    throw std::invalid_argument("ClipTokenizer: text: expected at most 16 MiB, got " +
                                std::to_string(text.size()) + " bytes");
  }
  std::vector<int64_t> ids;
  for (const TextPiece& raw : added_tokens_.split_raw(utf16_from_utf8(text))) {
    if (raw.id) {
      ids.push_back(*raw.id);
      continue;
    }
    // Each stretch between tokens is normalised by itself, as the reference does.
    for (const TextPiece& piece : added_tokens_.split_normalized(normalize_clip_text(raw.text))) {
      if (piece.id) {
        ids.push_back(*piece.id);
      } else {
        for (const std::string& word : split_clip_words(piece.text)) encoder_.append(word, ids);
      }
    }
  }
  return ids;
}

std::vector<int64_t> ClipTokenizer::encode(std::string_view text, int64_t max_length) const {
  return framed(tokenize(text), max_length);
}

std::vector<int64_t> ClipTokenizer::framed(std::vector<int64_t> ids, int64_t max_length) const {
  if (max_length < 2 || max_length > kMaxLength) {
    throw std::invalid_argument("ClipTokenizer: max_length: expected 2 to 2^24, got " +
                                std::to_string(max_length));
  }
  ids.resize(std::min(ids.size(), static_cast<size_t>(max_length - 2)));
  ids.insert(ids.begin(), start_id_);
  ids.push_back(end_id_);
  ids.resize(static_cast<size_t>(max_length), padding_id_);
  return ids;
}

std::vector<int64_t> ClipTokenizer::encode(std::string_view text) const {
  return encode(text, max_length_);
}

}  // namespace situ
