// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/claims.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "situ/core/errors.h"
#include "situ/generation/worker_name.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"
#include "situ/io/file_descriptor.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kSlowestBeat{10};

std::optional<timespec> modified_at(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_mtim;
}

// Creates the file unless it is there.
bool create(const fs::path& path, const std::string& content) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.is_open()) {
    if (errno == EEXIST) return false;
    throw file_failure(path, "written", errno);
  }
  if (::write(file.number(), content.data(), content.size()) !=
      static_cast<ssize_t>(content.size())) {
    throw file_failure(path, "written", errno);
  }
  return true;
}

}  // namespace

Claims::Claims(fs::path folder, std::string worker, std::chrono::seconds timeout)
    : folder_(std::move(folder)), worker_(std::move(worker)), timeout_(timeout) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw file_failure(folder_, "made", error.value());
  beat();
  heart_ = std::thread([this] { keep_beating(); });
}

Claims::~Claims() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  heart_.join();
  std::error_code ignored;
  fs::remove(folder_ / worker_, ignored);
}

void Claims::beat() {
  const fs::path path = folder_ / worker_;
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (!file.is_open()) throw file_failure(path, "written", errno);
  // The server's clock, not this machine's.
  if (::futimens(file.number(), nullptr) != 0) throw file_failure(path, "written", errno);
}

void Claims::keep_beating() {
  const auto pause = std::min(kSlowestBeat, std::max(timeout_ / 6, std::chrono::seconds(1)));
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, pause, [this] { return stopping_; })) {
    try {
      beat();
    } catch (const FileError&) {
      // The run is over and its folder gone, or the disk is full, which the work itself will say.
    }
  }
}

bool Claims::is_lost(const std::string& worker) const {
  if (worker_has_ended(worker)) return true;
  const std::optional<timespec> theirs = modified_at(folder_ / worker);
  const std::optional<timespec> ours = modified_at(folder_ / worker_);
  if (!theirs) return true;
  return ours && ours->tv_sec - theirs->tv_sec > timeout_.count();
}

bool Claims::take(int64_t piece) {
  const fs::path path = folder_ / ("piece-" + std::to_string(piece));
  if (create(path, worker_)) return true;
  const auto owner = [&]() -> std::string {
    try {
      return read_file(path, 4096);
    } catch (const FileError&) {
      return "";
    }
  };
  const std::string taken_by = owner();
  if (taken_by == worker_) return true;
  if (!taken_by.empty() && !is_lost(taken_by)) return false;
  write_file(path, worker_);
  return owner() == worker_;
}

}  // namespace situ
