// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "situ/tokenizers/byte_pair_encoding.h"

namespace situ {

/// CLIP's tokenizer (Radford et al. 2021), id for id that of transformers' CLIPTokenizer.
class ClipTokenizer {
 public:
  /// Reads `vocab.json` and `merges.txt`, or where they are absent the `tokenizer.json` that
  /// transformers 5 writes; `tokenizer_config.json` and `special_tokens_map.json` say the padding
  /// and the length. Throws FileError or DataError naming the file.
  static ClipTokenizer from_folder(const std::filesystem::path& folder);

  /// The ids of the text itself: no start, end or padding, no limit.
  std::vector<std::int64_t> tokenize(std::string_view text) const;

  /// Start, text (cut where it is too long), end, padding: `max_length()` ids, as the text encoder
  /// of a diffusion model takes them.
  std::vector<std::int64_t> encode(std::string_view text) const;

  std::int64_t max_length() const { return max_length_; }
  std::int64_t vocabulary_size() const { return vocabulary_size_; }
  std::int64_t start_id() const { return start_; }
  std::int64_t end_id() const { return end_; }

 private:
  struct Files;
  explicit ClipTokenizer(const Files& files);

  BytePairEncoding encoding_;
  std::int64_t start_, end_, padding_;
  std::int64_t max_length_, vocabulary_size_;
};

}  // namespace situ
