// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace situ {

/// The largest file that read_file takes unless told otherwise: 1 GiB.
inline constexpr int64_t kMaxFileBytes = int64_t{1} << 30;

/// Returns the whole content of a file, pipe or device. Throws FileError when it is missing, a
/// directory or unreadable, DataError when it holds more than `max_bytes` (which are not allocated
/// first: a regular file's size is looked at before it is read).
std::string read_file(const std::filesystem::path& path, int64_t max_bytes = kMaxFileBytes);

/// The first bytes of a file, at most `count`. Throws FileError as read_file does.
std::string read_start(const std::filesystem::path& path, size_t count);

/// Calls `use` with the content, piece after piece in order (pieces of at most 1 MiB), and so in
/// constant memory. Throws FileError as read_file does; what `use` throws passes through.
void read_in_pieces(const std::filesystem::path& path,
                    const std::function<void(std::string_view)>& use);

}  // namespace situ
