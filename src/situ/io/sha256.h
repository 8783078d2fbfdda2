// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace situ {

/// The SHA-256 of a file's content as 64 small hexadecimal digits; reads in constant memory.
/// Throws FileError when the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

/// The same of bytes in memory.
std::string sha256_hex(std::string_view bytes);

}  // namespace situ
