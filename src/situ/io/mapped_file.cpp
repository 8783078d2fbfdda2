// SPDX-License-Identifier: Apache-2.0
#include "situ/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "situ/io/file_descriptor.h"
#include "situ/io/file_failure.h"

namespace situ {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const FileDescriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor.is_open()) throw file_failure(path, "read", errno);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) throw file_failure(path, "read", errno);
  if (S_ISDIR(status.st_mode)) throw file_failure(path, "read", EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw FileError(path.string() + ": cannot be read: it is a pipe or device; copy it to a file");
  }
  if (status.st_size == 0) return;  // mmap refuses an empty range
  void* const mapped = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_NORESERVE, descriptor.number(), 0);
  if (mapped == MAP_FAILED) throw file_failure(path, "read", errno);
  data_ = static_cast<std::byte*>(mapped);
  size_ = static_cast<size_t>(status.st_size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void MappedFile::forget(size_t begin, size_t end) const {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t first = (begin + page - 1) / page * page;
  const size_t last = end / page * page;
  if (first < last) ::madvise(data_ + first, last - first, MADV_DONTNEED);
}

}  // namespace situ
