// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace situ {

/// Damaged versions of files. The same seeds and seed of the generator give the same sequence on
/// every machine.
class Mutator {
 public:
  /// seeds: not empty; throws std::invalid_argument where it is.
  Mutator(std::vector<std::string> seeds, std::uint64_t seed);

  /// One of the seeds after one to four changes: bits and bytes turned over, the end cut off, a
  /// stretch taken out, doubled or replaced by another seed's, random bytes put in, binary integers
  /// and numbers in digits set to values at which arithmetic breaks. At most 64 KiB more than the
  /// seed.
  std::string next();

 private:
  std::size_t below(std::size_t bound);
  std::string stretch_of(const std::string& bytes);
  void change(std::string& bytes);
  void set_integer(std::string& bytes);
  void set_digits(std::string& bytes);

  std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

}  // namespace situ
