// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "situ/generation/sample_record.h"
#include "situ/io/file_descriptor.h"

namespace situ {

/// Where a worker writes down what it has finished, a line of JSON each. A line counts once its
/// newline is there, so a torn one counts for nothing.
class Journal {
 public:
  /// A new file of a name that no other worker takes. Throws FileError.
  explicit Journal(const std::filesystem::path& folder);

  /// Returns when the line is on the disk. Throws FileError.
  void append(const std::string& line);

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
};

/// A finished line of a journal or manifest.
struct JournalEntry {
  SampleStatus status = SampleStatus::kFailed;
  uint32_t file = 0;    ///< of JournalReader::files()
  uint64_t offset = 0;  ///< [bytes]
  uint32_t length = 0;  ///< without the newline
};

/// What all workers have finished so far. Only what came since the last look is read.
class JournalReader {
 public:
  explicit JournalReader(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Reads what is new. Of two lines for one sample the one that did not fail counts; else they are
  /// equal, since a sample is the same whoever makes it. Throws FileError.
  void refresh();

  /// By index of the sample.
  const std::map<int64_t, JournalEntry>& entries() const { return entries_; }
  bool has(int64_t index) const { return entries_.contains(index); }
  /// The line itself. Throws FileError, DataError.
  std::string line(const JournalEntry& entry) const;

 private:
  struct File {
    std::filesystem::path path;
    uint64_t read = 0;  // up to the end of the last whole line
  };

  void read_new_lines(uint32_t number);
  void add_line(std::string_view line, uint32_t file, uint64_t offset);

  std::filesystem::path folder_;
  std::vector<File> files_;
  std::map<int64_t, JournalEntry> entries_;
};

}  // namespace situ
