// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace situ {

/// Who works on what, said by files in a folder that all workers of a run share: one with the
/// worker's name for each piece of work that is taken, one for each worker that it keeps fresh.
/// Where the file system cannot keep two from taking the same piece, both do it, with the same
/// result.
class Claims {
 public:
  /// A worker that has not been heard of for `timeout` is lost, and what it had taken is free; so
  /// is at once what a process of this machine had taken that is gone. Throws FileError.
  Claims(std::filesystem::path folder, std::string worker, std::chrono::seconds timeout);
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;
  ~Claims();

  /// True where the piece is this worker's now. Throws FileError.
  bool take(int64_t piece);

 private:
  bool is_lost(const std::string& worker) const;
  void beat();
  void keep_beating();

  std::filesystem::path folder_;
  std::string worker_;
  std::chrono::seconds timeout_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread heart_;
};

}  // namespace situ
