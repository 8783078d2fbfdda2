// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/byte_pair_encoding.h"

#include <stdexcept>

namespace situ {
namespace {

constexpr const char* kWordEnd = "</w>";

bool is_printable_latin1(unsigned char byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

std::uint64_t pair_key(std::int64_t left, std::int64_t right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint64_t>(right);
}

std::int64_t id_or(const BytePairEncoding::Vocabulary& vocabulary, const std::string& token,
                   std::int64_t fallback) {
  const auto found = vocabulary.find(token);
  return found == vocabulary.end() ? fallback : found->second;
}

std::int64_t required_id(const BytePairEncoding::Vocabulary& vocabulary, const std::string& token) {
  const auto found = vocabulary.find(token);
  if (found == vocabulary.end()) {
    throw std::invalid_argument("the merges need the token '" + token +
                                "', which the vocabulary lacks");
  }
  return found->second;
}

}  // namespace

std::string BytePairEncoding::byte_symbol(unsigned char byte) {
  unsigned code_point = byte;
  if (!is_printable_latin1(byte)) {
    code_point = 0x100;  // the unprintable bytes follow, in order
    for (unsigned other = 0; other < byte; ++other) {
      if (!is_printable_latin1(static_cast<unsigned char>(other))) ++code_point;
    }
  }
  if (code_point < 0x80) return std::string(1, static_cast<char>(code_point));
  return {static_cast<char>(0xC0 | code_point >> 6), static_cast<char>(0x80 | (code_point & 0x3F))};
}

BytePairEncoding::BytePairEncoding(const Vocabulary& vocabulary, const Merges& merges,
                                   std::int64_t unknown) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string symbol = byte_symbol(static_cast<unsigned char>(byte));
    inner_[byte] = id_or(vocabulary, symbol, unknown);
    final_[byte] = id_or(vocabulary, symbol + kWordEnd, unknown);
  }
  std::int32_t rank = 0;
  for (const auto& [left, right] : merges) {
    const Merge merge{.rank = rank++, .id = required_id(vocabulary, left + right)};
    merges_.emplace(pair_key(required_id(vocabulary, left), required_id(vocabulary, right)), merge);
  }
}

void BytePairEncoding::append_word(std::string_view word, std::vector<std::int64_t>& ids) const {
  std::vector<std::int64_t> symbols;
  for (const char c : word.substr(0, word.size() - 1)) {
    symbols.push_back(inner_[static_cast<unsigned char>(c)]);
  }
  symbols.push_back(final_[static_cast<unsigned char>(word.back())]);

  while (symbols.size() > 1) {
    std::size_t best = symbols.size();
    Merge best_merge{};
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = merges_.find(pair_key(symbols[i], symbols[i + 1]));
      if (found == merges_.end()) continue;
      if (best == symbols.size() || found->second.rank < best_merge.rank) {
        best = i;
        best_merge = found->second;
      }
    }
    if (best == symbols.size()) break;
    symbols[best] = best_merge.id;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

}  // namespace situ
