// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "situ/hub/content_hash.h"
#include "situ/io/file_descriptor.h"

namespace situ {

/// The part of a blob that has arrived: `<blob>.incomplete.<process>-<random>`, hashed as it is
/// written. Every process has a file of its own; one that a dead process left is taken over by
/// renaming it. What is not finished stays for the next run.
class PartialFile {
 public:
  /// Takes over the longest part that a dead process left, or begins anew. Throws FileError.
  PartialFile(const std::filesystem::path& blob, int64_t size);
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  int64_t bytes() const { return bytes_; }
  /// Appends. Throws FileError (a full disk).
  void add(std::string_view bytes);
  /// Forgets what has arrived.
  void restart();
  /// Makes the blob appear where the content is what the blob's name stands for. Otherwise puts the
  /// content aside as `<blob>.corrupt`, begins anew and returns false. Throws FileError.
  bool finish();
  /// Removes it.
  void discard();

 private:
  bool take_over();
  void begin();

  std::filesystem::path blob_;
  std::filesystem::path path_;
  int64_t size_;
  int64_t bytes_ = 0;
  ContentHash hash_;
  FileDescriptor descriptor_;
};

}  // namespace situ
