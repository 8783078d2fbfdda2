// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace situ {

/// Where a stored file lies in a zip archive.
struct ZipEntry {
  std::size_t begin = 0;  // bytes from the start of the archive
  std::size_t end = 0;
};

/// The files of a zip archive that are stored without compression, by name: for archives whose
/// content is used in place, which libzip cannot give. 64-bit archives included. Throws DataError
/// naming `file` for a malformed archive or a compressed file in it.
std::map<std::string, ZipEntry> read_zip_directory(std::string_view archive,
                                                   const std::string& file);

}  // namespace situ
