// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "situ/io/file_descriptor.h"

namespace situ {

/// How long a sample took to make, without reading and writing it.
struct SampleTime {
  std::string id;
  double seconds = 0;
};

/// Writes down how long samples took, a line of JSON each: {"id": "…", "seconds": 1.25}. It is no
/// part of a dataset, whose bytes do not depend on it. Several processes may share a file, and a
/// run that goes on appends to it.
class SampleTimeWriter {
 public:
  /// Throws FileError.
  explicit SampleTimeWriter(std::filesystem::path file);

  /// Throws FileError.
  void add(const SampleTime& time);

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
};

/// The slowest first, at most `count`; of a sample that was made more than once, its last time.
/// Lines that are not whole, as a killed run may leave one, are passed over. Throws FileError, and
/// DataError for a file of which no line is a sample's time.
std::vector<SampleTime> slowest_samples(const std::filesystem::path& file, size_t count);

}  // namespace situ
