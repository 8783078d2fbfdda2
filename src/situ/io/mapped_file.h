// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>

namespace situ {

/// A regular file's content as memory, read from disk when touched. Writing to the memory changes a
/// private copy of the page, never the file. The file must not shrink while it is mapped: the
/// operating system would end the process. Files of situ are replaced by rename, which is safe.
class MappedFile {
 public:
  /// Throws FileError when the file is missing, no regular file or unreadable.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

  /// Frees the memory of the pages that lie wholly within the bytes [begin, end): they are read
  /// from the file again when touched again.
  void forget(size_t begin, size_t end) const;

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace situ
