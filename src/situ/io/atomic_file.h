// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "situ/io/file_descriptor.h"

namespace situ {

/// Writes `bytes` as the whole content of the file, or leaves what was there: a temporary file
/// beside it is written, synchronised and renamed. Symbolic links are followed; a pipe or device is
/// written directly. Throws FileError naming the file and the reason.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for content that comes piece by piece: nothing appears under `path` before commit(),
/// and the temporary file is removed when the object dies without it.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// Appends. Throws FileError.
  void write(std::string_view bytes);
  /// Makes the file appear; call once, last. Throws FileError.
  void commit();

 private:
  void open_temporary();

  std::filesystem::path path_;       // as the caller named it, for messages
  std::filesystem::path target_;     // with symbolic links followed
  std::filesystem::path temporary_;  // empty once renamed, or when the target is written directly
  FileDescriptor descriptor_;
};

/// Whether a file of this name is what a writer that was killed has left.
bool is_left_temporary(const std::filesystem::path& path);

/// Removes such files from the folder, which nobody may be writing to. What cannot be removed
/// stays.
void remove_left_temporaries(const std::filesystem::path& folder);

}  // namespace situ
