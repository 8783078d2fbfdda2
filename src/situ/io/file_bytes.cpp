// SPDX-License-Identifier: Apache-2.0
#include "situ/io/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "situ/core/errors.h"
#include "situ/io/file_descriptor.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

struct OpenFile {
  FileDescriptor descriptor;
  int64_t size_bytes = 0;  // 0 for pipes, devices and the files of /proc
};

OpenFile open_for_reading(const std::filesystem::path& path) {
  FileDescriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.is_open()) throw file_failure(path, "read", errno);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) throw file_failure(path, "read", errno);
  if (S_ISDIR(status.st_mode)) throw file_failure(path, "read", EISDIR);
  return {std::move(descriptor), S_ISREG(status.st_mode) ? int64_t{status.st_size} : 0};
}

/// Returns how many bytes came; 0 is the end of the file.
size_t read_some(const OpenFile& file, const std::filesystem::path& path, char* out, size_t size) {
  for (;;) {
    const ssize_t got = ::read(file.descriptor.number(), out, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) throw file_failure(path, "read", errno);
  }
}

}  // namespace

std::string read_file(const std::filesystem::path& path, int64_t max_bytes) {
  const OpenFile file = open_for_reading(path);
  const auto too_large = [&](const std::string& size) {
    return DataError(path.string(),
                     "expected at most " + std::to_string(max_bytes) + " bytes, got " + size);
  };
  if (file.size_bytes > max_bytes) throw too_large(std::to_string(file.size_bytes));
  std::string bytes;
  size_t used = 0;
  // One byte more than the stated size, so that the end of the file shows without a second growth.
  bytes.resize(file.size_bytes > 0 ? static_cast<size_t>(file.size_bytes) + 1 : kPieceBytes);
  for (;;) {
    if (used == bytes.size()) bytes.resize(bytes.size() + std::max(bytes.size() / 2, kPieceBytes));
    const size_t got = read_some(file, path, bytes.data() + used, bytes.size() - used);
    if (got == 0) break;
    used += got;
    if (static_cast<int64_t>(used) > max_bytes) throw too_large("more");
  }
  bytes.resize(used);
  return bytes;
}

std::string read_start(const std::filesystem::path& path, size_t count) {
  const OpenFile file = open_for_reading(path);
  std::string bytes(count, '\0');
  size_t used = 0;
  while (used < count) {
    const size_t got = read_some(file, path, bytes.data() + used, count - used);
    if (got == 0) break;
    used += got;
  }
  bytes.resize(used);
  return bytes;
}

void read_in_pieces(const std::filesystem::path& path,
                    const std::function<void(std::string_view)>& use) {
  const OpenFile file = open_for_reading(path);
  std::vector<char> piece(kPieceBytes);
  while (const size_t got = read_some(file, path, piece.data(), piece.size())) {
    use({piece.data(), got});
  }
}

}  // namespace situ
