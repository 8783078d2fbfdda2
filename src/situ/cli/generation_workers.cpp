// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/generation_workers.h"

#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "situ/cli/command.h"
#include "situ/core/errors.h"
#include "situ/core/logging.h"

extern char** environ;

namespace situ {
namespace {

std::optional<int64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  int64_t value = 0;
  const char* const text_end = text + std::strlen(text);
  const auto [end, error] = std::from_chars(text, text_end, value);
  if (error != std::errc() || end != text_end) {
    throw std::invalid_argument(std::string(variable) + ": expected a whole number, got '" + text +
                                "'");
  }
  return value;
}

Shard checked(int64_t index, int64_t count, const std::string& where) {
  if (count < 1 || index < 0 || index >= count) {
    throw std::invalid_argument(where + ": expected i/n with 0 <= i < n, got " +
                                std::to_string(index) + "/" + std::to_string(count));
  }
  return {index, count};
}

pid_t start(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  std::vector<std::string> copies = arguments;
  copies.insert(copies.begin(), "situ");
  for (std::string& one : copies) pointers.push_back(one.data());
  pointers.push_back(nullptr);
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, pointers.data(), environ);
  if (error != 0) throw FileError("a worker cannot be started: " + std::string(strerror(error)));
  return process;
}

}  // namespace

Shard parse_shard(const std::string& text) {
  int64_t index = -1;
  int64_t count = 0;
  const size_t slash = text.find('/');
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  bool whole = slash != std::string::npos;
  if (whole) {
    const auto first = std::from_chars(begin, begin + slash, index);
    const auto second = std::from_chars(begin + slash + 1, end, count);
    whole = first.ec == std::errc() && first.ptr == begin + slash && second.ec == std::errc() &&
            second.ptr == end;
  }
  if (!whole) {
    throw std::invalid_argument("--shard: expected i/n such as 0/4, got '" + text + "'");
  }
  return checked(index, count, "--shard");
}

Shard shard_of_environment() {
  if (const auto task = number_of("SLURM_ARRAY_TASK_ID")) {
    const int64_t first = number_of("SLURM_ARRAY_TASK_MIN").value_or(0);
    const int64_t count = number_of("SLURM_ARRAY_TASK_COUNT").value_or(1);
    // An array such as 3,7,90 has gaps: any spread will do, since all work is done by whoever has
    // time.
    return checked(count < 1 ? 0 : std::max<int64_t>(*task - first, 0) % count, count,
                   "SLURM_ARRAY_TASK_ID/COUNT");
  }
  const auto rank = number_of("RANK");
  const auto world = number_of("WORLD_SIZE");
  if (rank && world) return checked(*rank, *world, "RANK/WORLD_SIZE");
  return {};
}

int64_t run_workers(const std::vector<std::string>& arguments, int64_t count) {
  std::vector<pid_t> processes;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<std::string> own = arguments;
    own.push_back("--worker");
    own.push_back(std::to_string(i) + "/" + std::to_string(count));
    processes.push_back(start(own));
  }
  int64_t ended_well = 0;
  for (const pid_t process : processes) {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    const bool exited = WIFEXITED(status);
    if (exited && (WEXITSTATUS(status) == kDone || WEXITSTATUS(status) == kFinishedWithFailures)) {
      ++ended_well;
    } else {
      log_warning("worker " + std::to_string(process) +
                  (exited ? " ended with " + std::to_string(WEXITSTATUS(status))
                          : " was killed by signal " + std::to_string(WTERMSIG(status))) +
                  "; the others do its share");
    }
  }
  return ended_well;
}

}  // namespace situ
