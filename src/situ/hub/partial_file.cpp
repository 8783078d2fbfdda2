// SPDX-License-Identifier: Apache-2.0
#include "situ/hub/partial_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <random>
#include <system_error>
#include <vector>

#include "situ/io/file_bytes.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr char kMark[] = ".incomplete.";

fs::path own_name(const fs::path& blob) {
  std::random_device random;
  fs::path path = blob;
  path += kMark + std::to_string(::getpid()) + "-" + std::to_string(random());
  return path;
}

/// Whether the process in the name is still there. A container may not see it: then its lock tells.
bool owner_is_gone(const std::string& after_mark) {
  const long process = std::strtol(after_mark.c_str(), nullptr, 10);
  if (process <= 0) return false;
  return ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
}

struct LeftPart {
  fs::path path;
  int64_t bytes;
};

/// Longest first; none longer than the whole.
std::vector<LeftPart> left_parts(const fs::path& blob, int64_t size) {
  const std::string start = blob.filename().string() + kMark;
  std::vector<LeftPart> parts;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(blob.parent_path(), error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(start) || !owner_is_gone(name.substr(start.size()))) continue;
    const auto bytes = entry.file_size(error);
    if (!error && static_cast<int64_t>(bytes) <= size) {
      parts.push_back({entry.path(), static_cast<int64_t>(bytes)});
    }
  }
  std::sort(parts.begin(), parts.end(),
            [](const LeftPart& a, const LeftPart& b) { return a.bytes > b.bytes; });
  return parts;
}

/// A lock that goes with its process says that nobody writes here; file systems without locks only
/// have the process in the name.
bool nobody_writes(int descriptor) {
  return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

}  // namespace

PartialFile::PartialFile(const fs::path& blob, int64_t size)
    : blob_(blob), size_(size), hash_(blob.filename().string(), size) {
  if (!take_over()) begin();
}

bool PartialFile::take_over() {
  for (const LeftPart& left : left_parts(blob_, size_)) {
    FileDescriptor descriptor(
        ::open(left.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
    if (!descriptor.is_open() || !nobody_writes(descriptor.number())) continue;
    const fs::path mine = own_name(blob_);
    if (::rename(left.path.c_str(), mine.c_str()) != 0) continue;  // another process was faster
    read_in_pieces(mine, [&](std::string_view piece) {
      hash_.add(piece);
      bytes_ += static_cast<int64_t>(piece.size());
    });
    path_ = mine;
    descriptor_ = std::move(descriptor);
    return true;
  }
  return false;
}

void PartialFile::begin() {
  path_ = own_name(blob_);
  descriptor_ = FileDescriptor(
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!descriptor_.is_open()) throw file_failure(path_, "written", errno);
  ::flock(descriptor_.number(), LOCK_EX | LOCK_NB);
  bytes_ = 0;
  hash_ = ContentHash(blob_.filename().string(), size_);
}

void PartialFile::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw file_failure(path_, "written", errno);
    hash_.add(bytes.substr(0, static_cast<size_t>(written)));
    bytes_ += written;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void PartialFile::restart() {
  if (::ftruncate(descriptor_.number(), 0) != 0) throw file_failure(path_, "written", errno);
  bytes_ = 0;
  hash_ = ContentHash(blob_.filename().string(), size_);
}

void PartialFile::discard() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

bool PartialFile::finish() {
  const bool good = bytes_ == size_ && hash_.hex() == blob_.filename().string();
  if (good && ::fsync(descriptor_.number()) != 0) throw file_failure(path_, "written", errno);
  fs::path target = blob_;
  if (!good) target += ".corrupt";
  std::error_code error;
  fs::rename(path_, target, error);
  if (error) throw file_failure(target, "written", error.value());
  if (good) {
    if (::close(descriptor_.release()) != 0) throw file_failure(target, "written", errno);
  } else {
    begin();
  }
  return good;
}

}  // namespace situ
