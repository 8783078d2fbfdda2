// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace situ {

/// The seed of one attempt: a hash of what identifies it, so that a result depends on nothing else
/// (not on order, batch, threads or shards). In [0, 2^63) so that every consumer takes it
/// unchanged. sample: what identifies the scene, such as the sha256 of its file.
std::uint64_t derive_seed(std::uint64_t run_seed, std::string_view sample, std::uint64_t object,
                          std::uint64_t attempt);

/// Uniform random numbers from a seed, equal on every platform and compiler
/// (std::mt19937_64 is specified to the bit; the standard distributions are not, so they are ours).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// Uniform in [low, high). Throws std::invalid_argument when the range is empty.
  std::int64_t integer(std::int64_t low, std::int64_t high);
  /// Uniform in [0, 1).
  double real();
  /// Uniform in [low, high).
  double real(double low, double high) { return low + (high - low) * real(); }
  /// True with the probability.
  bool chance(double probability) { return real() < probability; }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

/// NumPy's legacy generator (`numpy.random.seed` and friends), number for number: what the original
/// POC code draws its regions with.
class NumpyLegacyRandom {
 public:
  explicit NumpyLegacyRandom(std::uint32_t seed) : engine_(seed) {}

  /// `numpy.random.randint(low, high)`. Throws std::invalid_argument when low >= high.
  std::int64_t randint(std::int64_t low, std::int64_t high);
  /// `numpy.random.shuffle` of 0 … n-1.
  std::vector<std::int32_t> permutation(std::int32_t n);

 private:
  std::uint32_t bounded(std::uint32_t inclusive_maximum);

  std::mt19937 engine_;
};

}  // namespace situ
