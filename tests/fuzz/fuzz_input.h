// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"

namespace situ {

/// The folder that the files of one process's inputs lie in.
inline const TemporaryFolder& fuzz_folder() {
  static const TemporaryFolder folder;
  return folder;
}

/// Writes a file into fuzz_folder(). It is removed first, for what is mapped must not shrink.
inline std::filesystem::path put_file(const std::string& name, std::string_view bytes) {
  const std::filesystem::path path = fuzz_folder() / name;
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Runs `read`, which may refuse the input as readers do: with a DataError. A FileError would mean
/// that the file, which is there, was not opened, so it is a failure as any other exception is.
template <class Read>
void read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const DataError&) {
    // as documented
  }
}

}  // namespace situ
