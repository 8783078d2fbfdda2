// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "situ/core/errors.h"
#include "situ/generation/worker_name.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".jsonl";
constexpr size_t kBlock = size_t{1} << 20;

std::string read_at(const fs::path& path, uint64_t offset, size_t length) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) throw file_failure(path, "read", errno);
  std::string bytes(length, '\0');
  size_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(file.number(), bytes.data() + done, length - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw file_failure(path, "read", errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

Journal::Journal(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw file_failure(folder, "made", error.value());
  path_ = folder / (new_worker_name() + kEnding);
  file_ = FileDescriptor(
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
  if (!file_.is_open()) throw file_failure(path_, "written", errno);
}

void Journal::append(const std::string& line) {
  const std::string bytes = line + "\n";
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(file_.number(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw file_failure(path_, "written", errno);
    done += static_cast<size_t>(written);
  }
  if (::fdatasync(file_.number()) != 0) throw file_failure(path_, "written", errno);
}

void JournalReader::refresh() {
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.extension() != kEnding) continue;
    const auto known = std::find_if(files_.begin(), files_.end(),
                                    [&](const File& one) { return one.path == path; });
    if (known == files_.end()) files_.push_back({.path = path});
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw file_failure(folder_, "listed", error.value());
  }
  for (uint32_t i = 0; i < files_.size(); ++i) read_new_lines(i);
}

void JournalReader::read_new_lines(uint32_t number) {
  File& file = files_[number];
  size_t block = kBlock;
  for (;;) {
    const std::string bytes = read_at(file.path, file.read, block);
    size_t start = 0;
    for (size_t end = bytes.find('\n'); end != std::string::npos; end = bytes.find('\n', start)) {
      add_line(std::string_view(bytes).substr(start, end - start), number, file.read + start);
      start = end + 1;
    }
    file.read += start;
    if (bytes.size() < block) return;
    if (start == 0) block *= 2;  // a line longer than a block
  }
}

void JournalReader::add_line(std::string_view line, uint32_t file, uint64_t offset) {
  // A line that a failing disk has spoilt is a sample not done.
  const nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
  if (!record.is_object() || !record.contains("index") || !record.contains("status")) return;
  if (!record["index"].is_number_integer() || !record["status"].is_string()) return;
  JournalEntry entry{.file = file, .offset = offset, .length = static_cast<uint32_t>(line.size())};
  for (const auto& [status, name] : EnumNames<SampleStatus>::table) {
    if (record["status"] == name) entry.status = status;
  }
  const auto [known, is_new] = entries_.emplace(record["index"].get<int64_t>(), entry);
  if (!is_new && known->second.status == SampleStatus::kFailed) known->second = entry;
}

std::string JournalReader::line(const JournalEntry& entry) const {
  return read_at(files_.at(entry.file).path, entry.offset, entry.length);
}

}  // namespace situ
