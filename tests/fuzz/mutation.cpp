// SPDX-License-Identifier: Apache-2.0
#include "fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace situ {
namespace {

constexpr std::size_t kLongestInsertion = 16384;

constexpr std::array<std::string_view, 12> kNumbers = {"-1",
                                                       "0",
                                                       "255",
                                                       "65536",
                                                       "2147483648",
                                                       "4294967295",
                                                       "9223372036854775807",
                                                       "9223372036854775808",
                                                       "18446744073709551616",
                                                       "99999999999999999999999",
                                                       "1e999",
                                                       "0.5"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Mutator::Mutator(std::vector<std::string> seeds, std::uint64_t seed)
    : seeds_(std::move(seeds)), random_(seed) {
  if (seeds_.empty()) throw std::invalid_argument("Mutator: expected at least one seed, got none");
}

std::string Mutator::next() {
  std::string bytes = seeds_[below(seeds_.size())];
  for (std::size_t left = 1 + below(4); left > 0; --left) change(bytes);
  return bytes;
}

// In [0, bound), or 0 where that is empty. The distributions of the standard library differ between
// implementations.
std::size_t Mutator::below(std::size_t bound) {
  return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound);
}

// Short ones more often than long ones.
std::string Mutator::stretch_of(const std::string& bytes) {
  const std::size_t longest = std::size_t{1} << below(15);
  const std::size_t begin = below(bytes.size());
  return bytes.substr(begin, 1 + below(std::min(longest, kLongestInsertion)));
}

void Mutator::change(std::string& bytes) {
  const std::size_t at = below(bytes.size());
  switch (below(10)) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = static_cast<char>(random_());
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.erase(at, stretch_of(bytes).size());
      break;
    case 4:
      bytes.insert(at, stretch_of(bytes));
      break;
    case 5:
      bytes.insert(at, stretch_of(seeds_[below(seeds_.size())]));
      break;
    case 6: {
      const std::string other = stretch_of(seeds_[below(seeds_.size())]);
      bytes.replace(at, other.size(), other);
      break;
    }
    case 7: {
      std::string noise(1 + below(16), '\0');
      for (char& c : noise) c = static_cast<char>(random_());
      bytes.insert(at, noise);
      break;
    }
    case 8:
      set_integer(bytes);
      break;
    default:
      set_digits(bytes);
      break;
  }
}

// Of 1, 2, 4 or 8 bytes, in either order, at any place.
void Mutator::set_integer(std::string& bytes) {
  const std::size_t width = std::size_t{1} << below(4);
  if (bytes.size() < width) return;
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max() >> (64 - 8 * width);
  const std::uint64_t power = std::uint64_t{1} << below(8 * width);
  const std::array<std::uint64_t, 8> values = {0,     largest,   largest / 2,  largest / 2 + 1,
                                               power, power - 1, bytes.size(), bytes.size() + 1};
  const std::uint64_t value = values[below(values.size())];
  const bool big_endian = below(2) == 1;
  const std::size_t at = below(bytes.size() - width + 1);
  for (std::size_t i = 0; i < width; ++i) {
    bytes[at + (big_endian ? width - 1 - i : i)] = static_cast<char>(value >> (8 * i));
  }
}

void Mutator::set_digits(std::string& bytes) {
  const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size()));
  const auto begin = std::find_if(from, bytes.end(), is_digit);
  const auto end = std::find_if_not(begin, bytes.end(), is_digit);
  if (begin == end) return;
  bytes.replace(begin, end, kNumbers[below(kNumbers.size())]);
}

}  // namespace situ
