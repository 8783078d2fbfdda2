// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/sample_times.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "situ/core/errors.h"
#include "situ/io/file_failure.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

std::optional<SampleTime> time_of(const std::string& line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("id") || !json.contains("seconds")) return std::nullopt;
  if (!json["id"].is_string() || !json["seconds"].is_number()) return std::nullopt;
  SampleTime time{.id = json["id"], .seconds = json["seconds"]};
  if (!std::isfinite(time.seconds) || time.seconds < 0) return std::nullopt;
  return time;
}

}  // namespace

SampleTimeWriter::SampleTimeWriter(std::filesystem::path file)
    : path_(std::move(file)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (!file_.is_open()) throw file_failure(path_, "written", errno);
}

void SampleTimeWriter::add(const SampleTime& time) {
  // Between two newlines, so that a line torn before costs only itself.
  const std::string line = "\n" +
                           Json{{"id", time.id}, {"seconds", time.seconds}}.dump(
                               -1, ' ', false, Json::error_handler_t::replace) +
                           "\n";
  ssize_t written = 0;  // in one call, which no other process's comes between
  do {
    written = ::write(file_.number(), line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(line.size())) {
    throw file_failure(path_, "written", written < 0 ? errno : ENOSPC);
  }
}

std::vector<SampleTime> slowest_samples(const std::filesystem::path& file, size_t count) {
  std::ifstream lines(file);
  if (!lines) throw file_failure(file, "read", errno);
  std::map<std::string, double> last;
  for (std::string line; std::getline(lines, line);) {
    if (const auto time = time_of(line)) last[time->id] = time->seconds;
  }
  if (last.empty()) {
    throw DataError(file.string(),
                    "expected lines such as {\"id\": \"…\", \"seconds\": 1.25}, got none");
  }
  std::vector<SampleTime> times;
  for (const auto& [id, seconds] : last) times.push_back({id, seconds});
  const auto slower = [](const SampleTime& a, const SampleTime& b) {
    return a.seconds > b.seconds || (a.seconds == b.seconds && a.id < b.id);
  };
  std::sort(times.begin(), times.end(), slower);
  times.resize(std::min(times.size(), count));
  return times;
}

}  // namespace situ
