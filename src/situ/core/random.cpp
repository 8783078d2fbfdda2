// SPDX-License-Identifier: Apache-2.0
#include "situ/core/random.h"

#include <bit>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace situ {
namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every input bit reaches every output
// bit.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// FNV-1a, 64 bit.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

std::invalid_argument empty_range(const char* where, std::int64_t low, std::int64_t high) {
  return std::invalid_argument(std::string(where) + ": expected low < high, got [" +
                               std::to_string(low) + ", " + std::to_string(high) + ")");
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t run_seed, std::string_view sample, std::uint64_t object,
                          std::uint64_t attempt) {
  std::uint64_t seed = mixed(run_seed);
  for (const std::uint64_t part : {hash_of(sample), object, attempt})
    seed = mixed(seed ^ mixed(part));
  return seed >> 1;
}

std::int64_t Random::integer(std::int64_t low, std::int64_t high) {
  if (low >= high) throw empty_range("Random::integer", low, high);
  const auto count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  // Rejecting the last, incomplete block makes every value equally likely.
  const std::uint64_t reject_below = (0 - count) % count;
  std::uint64_t draw = engine_();
  while (draw < reject_below) draw = engine_();
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + draw % count);
}

double Random::real() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

std::uint32_t NumpyLegacyRandom::bounded(std::uint32_t inclusive_maximum) {
  if (inclusive_maximum == 0) return 0;
  const std::uint32_t mask = ~std::uint32_t{0} >> std::countl_zero(inclusive_maximum);
  std::uint32_t draw = engine_() & mask;
  while (draw > inclusive_maximum) draw = engine_() & mask;
  return draw;
}

std::int64_t NumpyLegacyRandom::randint(std::int64_t low, std::int64_t high) {
  if (low >= high) throw empty_range("NumpyLegacyRandom::randint", low, high);
  return low + bounded(static_cast<std::uint32_t>(high - 1 - low));
}

std::vector<std::int32_t> NumpyLegacyRandom::permutation(std::int32_t n) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::int32_t i = n - 1; i > 0; --i) std::swap(order[i], order[bounded(i)]);
  return order;
}

}  // namespace situ
