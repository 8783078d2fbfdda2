// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace situ {

/// The ids that single bytes start as.
struct ByteIds {
  std::array<int64_t, 256> inside{};  ///< of a byte that more of the word follows
  std::array<int64_t, 256> last{};    ///< of a word's last byte ("a</w>")
};

/// Two neighbouring tokens and the one that they become. Ids are in [0, 2^31).
struct Merge {
  int64_t left = 0;
  int64_t right = 0;
  int64_t merged = 0;
};

/// Byte-pair encoding of single words (Sennrich et al. 2016): again and again the pair of
/// neighbours whose merge comes first in the list becomes one token, the leftmost of equal pairs.
class BytePairEncoder {
 public:
  /// merges: most important first; of two for the same pair the later counts.
  BytePairEncoder(const ByteIds& byte_ids, const std::vector<Merge>& merges);

  /// Appends the ids of one word, given as bytes. Takes O(n log n) for n bytes.
  void append(std::string_view word, std::vector<int64_t>& ids) const;

 private:
  struct Rule {
    int64_t rank = 0;
    int64_t merged = 0;
  };
  const Rule* rule_for(int64_t left, int64_t right) const;

  ByteIds byte_ids_;
  std::unordered_map<uint64_t, Rule> rules_;  // key: left id in the upper half, right id below
};

}  // namespace situ
