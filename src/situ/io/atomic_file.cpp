// SPDX-License-Identifier: Apache-2.0
#include "situ/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

#include "situ/io/file_failure.h"

namespace situ {
namespace {

constexpr const char* kPrefix = ".situ-";
constexpr const char* kEnding = ".tmp";

std::filesystem::path follow_links(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  std::filesystem::path target = std::filesystem::weakly_canonical(path, error);
  // A dangling link stays itself in the canonical form; then its stated target is what is meant.
  if (error) throw file_failure(path, "written", error.value());
  if (!std::filesystem::is_symlink(target, error)) return target;
  target = std::filesystem::read_symlink(path, error);
  if (error) throw file_failure(path, "written", error.value());
  return target.is_absolute() ? target : path.parent_path() / target;
}

/// The name has the process in it, so that workers that share a folder do not meet, and not the
/// target's name, which may already be as long as the file system allows.
std::filesystem::path temporary_beside(const std::filesystem::path& target) {
  static std::atomic<uint64_t> counter{0};
  return target.parent_path() /
         (kPrefix + std::to_string(::getpid()) + "-" + std::to_string(counter++) + kEnding);
}

/// Makes the rename itself survive a power failure. Not every file system can; that is no error.
void synchronise_folder(const std::filesystem::path& target) {
  const std::filesystem::path folder = target.parent_path();
  const FileDescriptor descriptor(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.is_open()) ::fsync(descriptor.number());
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path)
    : path_(path), target_(follow_links(path)) {
  struct stat status {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) throw file_failure(path_, "written", errno);
  if (exists && S_ISDIR(status.st_mode)) throw file_failure(path_, "written", EISDIR);
  if (target_.filename().empty()) throw file_failure(path_, "written", exists ? EISDIR : ENOENT);
  if (exists && !S_ISREG(status.st_mode)) {
    descriptor_ = FileDescriptor(::open(target_.c_str(), O_WRONLY | O_CLOEXEC));
    if (!descriptor_.is_open()) throw file_failure(path_, "written", errno);
    return;
  }
  open_temporary();
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::open_temporary() {
  do {
    temporary_ = temporary_beside(target_);
    descriptor_ =
        FileDescriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  } while (!descriptor_.is_open() && errno == EEXIST);  // left by a killed process of that number
  if (descriptor_.is_open()) return;
  const int error = errno;
  temporary_.clear();
  throw file_failure(path_, "written", error);
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw file_failure(path_, "written", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void AtomicFile::commit() {
  const bool direct = temporary_.empty();
  if (!direct && ::fsync(descriptor_.number()) != 0) throw file_failure(path_, "written", errno);
  // Network file systems report a full disk only here.
  if (::close(descriptor_.release()) != 0) throw file_failure(path_, "written", errno);
  if (direct) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    throw file_failure(path_, "written", errno);
  }
  temporary_.clear();
  synchronise_folder(target_);
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

bool is_left_temporary(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with(kPrefix) && name.ends_with(kEnding);
}

void remove_left_temporaries(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> left;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_left_temporary(entry->path())) left.push_back(entry->path());
  }
  for (const std::filesystem::path& path : left) std::filesystem::remove(path, error);
}

}  // namespace situ
