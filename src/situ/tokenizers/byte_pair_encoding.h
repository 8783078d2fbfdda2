// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace situ {

/// Byte-level byte-pair encoding with an end-of-word mark "</w>" (Sennrich et al. 2016; CLIP's and
/// GPT-2's printable alphabet for bytes).
class BytePairEncoding {
 public:
  using Vocabulary = std::unordered_map<std::string, std::int64_t>;
  using Merges = std::vector<std::pair<std::string, std::string>>;

  /// merges: pairs of tokens, most frequent first. unknown: the id of symbols outside the
  /// vocabulary. Throws std::invalid_argument when a merge's parts or result are not in the
  /// vocabulary.
  BytePairEncoding(const Vocabulary& vocabulary, const Merges& merges, std::int64_t unknown);

  /// Appends the token ids of one word (any bytes, at least one).
  void append_word(std::string_view word, std::vector<std::int64_t>& ids) const;

  /// The text that stands for one byte in a vocabulary: itself for printable Latin-1, else a letter
  /// from U+0100 on.
  static std::string byte_symbol(unsigned char byte);

 private:
  struct Merge {
    std::int32_t rank;
    std::int64_t id;
  };
  std::unordered_map<std::uint64_t, Merge> merges_;  // by the ids of the pair
  std::int64_t inner_[256];                          // id of each byte inside a word
  std::int64_t final_[256];                          // and at its end
};

}  // namespace situ
