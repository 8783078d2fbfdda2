// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "situ/tokenizers/added_tokens.h"
#include "situ/tokenizers/byte_pair_encoder.h"

namespace situ {

/// The tokenizer of CLIP's text encoder: lower-cased byte-level byte-pair encoding (Radford et al.
/// 2021, section 2.4). Gives the ids of the class CLIPTokenizer of transformers 5.23, which differ
/// from OpenAI's for some text: HTML entities and broken encodings are not repaired, and `!` is
/// the padding of Stable Diffusion 2, without the end of a word.
/// Text is UTF-8; what is not valid counts as U+FFFD. Only add_token changes it, so that threads
/// may share one.
class ClipTokenizer {
 public:
  /// Reads a folder of tokenizer.json, or else of vocab.json and merges.txt; its
  /// tokenizer_config.json, special_tokens_map.json and added_tokens.json are read when there.
  /// Throws FileError when a file is missing or unreadable, DataError naming the file and the
  /// reason when its content is not that of a CLIP tokenizer. padding_token: instead of the one
  /// that the files name.
  static ClipTokenizer from_folder(const std::filesystem::path& folder,
                                   const std::optional<std::string>& padding_token = {});

  /// From now on `content` (UTF-8), wherever it stands in the text and in whatever case, is the one
  /// token `id`. Throws std::invalid_argument for an empty content and one that is a token already.
  void add_token(const std::string& content, int64_t id);

  /// The ids of the text alone, neither framed nor padded nor cut: tokenizer(text,
  /// add_special_tokens=False). Throws std::invalid_argument for text of more than 16 MiB.
  std::vector<int64_t> tokenize(std::string_view text) const;

  /// Exactly `max_length` ids: start, the text's first max_length - 2 ids, end, and padding behind:
  /// tokenizer(text, padding="max_length", truncation=True, max_length=max_length).
  /// Throws std::invalid_argument for a max_length outside [2, 2^24] and as tokenize does.
  std::vector<int64_t> encode(std::string_view text, int64_t max_length) const;

  /// The same to the length max_length().
  std::vector<int64_t> encode(std::string_view text) const;

  /// Exactly `max_length` ids: start, the first max_length - 2 of `ids`, end, and padding behind.
  /// Throws std::invalid_argument for a max_length outside [2, 2^24].
  std::vector<int64_t> framed(std::vector<int64_t> ids, int64_t max_length) const;

  /// The number of positions of the text encoder: 77 unless the folder says otherwise.
  int64_t max_length() const { return max_length_; }
  int64_t start_id() const { return start_id_; }
  int64_t end_id() const { return end_id_; }
  /// end_id() for Stable Diffusion 1, the id of "!" (0) for Stable Diffusion 2.
  int64_t padding_id() const { return padding_id_; }
  /// One more than the largest id that can come out: the rows that a table of embeddings needs.
  int64_t vocabulary_size() const { return vocabulary_size_; }

 private:
  ClipTokenizer(BytePairEncoder encoder, AddedTokenFinder added_tokens);

  BytePairEncoder encoder_;
  AddedTokenFinder added_tokens_;
  int64_t max_length_ = 0;
  int64_t start_id_ = 0;
  int64_t end_id_ = 0;
  int64_t padding_id_ = 0;
  int64_t vocabulary_size_ = 0;
};

}  // namespace situ
