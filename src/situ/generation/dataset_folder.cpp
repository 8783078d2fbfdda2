// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/dataset_folder.h"

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"
#include "situ/io/digest.h"
#include "situ/io/file_bytes.h"
#include "situ/io/file_failure.h"
#include "situ/io/json_file.h"
#include "situ/io/sha256.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "situ dataset";
constexpr int kVersion = 1;

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr size_t kLongest = 80;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "…";
  return text;
}

void add_differences(const Json& before, const Json& now, const std::string& where,
                     std::vector<std::string>& lines) {
  if (before == now) return;
  if (before.is_object() && now.is_object()) {
    for (const auto& [key, value] : before.items()) {
      add_differences(value, now.contains(key) ? now[key] : Json("(missing)"), where + "/" + key,
                      lines);
    }
    for (const auto& [key, value] : now.items()) {
      if (!before.contains(key)) {
        add_differences("(missing)", value, where + "/" + key, lines);
      }
    }
    return;
  }
  if (before.is_array() && now.is_array() && before.size() == now.size()) {
    for (size_t i = 0; i < before.size(); ++i) {
      add_differences(before[i], now[i], where + "/" + std::to_string(i), lines);
    }
    return;
  }
  lines.push_back(where.substr(1) + ": " + shown(before) + ", now " + shown(now));
}

}  // namespace

void SampleCounts::add(SampleStatus status) {
  switch (status) {
    case SampleStatus::kInserted:
      ++inserted;
      break;
    case SampleStatus::kRejected:
      ++rejected;
      break;
    case SampleStatus::kNoRoom:
      ++no_room;
      break;
    case SampleStatus::kFailed:
      ++failed;
      break;
  }
}

std::string differences(const Json& before, const Json& now) {
  std::vector<std::string> lines;
  add_differences(before, now, "", lines);
  std::string text;
  constexpr size_t kMost = 10;
  for (size_t i = 0; i < lines.size() && i < kMost; ++i) text += "\n  " + lines[i];
  if (lines.size() > kMost) text += "\n  and " + std::to_string(lines.size() - kMost) + " more";
  return text;
}

void DatasetFolder::begin(const Json& identity) {
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) throw file_failure(root_, "used as the output folder", error.value());
  if (!fs::exists(description())) {
    for (const fs::directory_entry& entry : fs::directory_iterator(root_)) {
      if (is_left_temporary(entry.path())) continue;  // of a run that was killed as it began
      throw std::invalid_argument(root_.string() +
                                  ": expected an empty folder or a run of this recipe, got other "
                                  "files such as " +
                                  entry.path().filename().string());
    }
    write_description({{"identity", identity}});
    return;
  }
  const Json before = read_description().at("identity");
  if (before == identity) return;
  throw std::invalid_argument(root_.string() +
                              ": holds another run, which is left as it is. It differs in:" +
                              differences(before, identity));
}

void DatasetFolder::write_description(const Json& content) const {
  Json whole{{"format", kFormat}, {"version", kVersion}};
  whole.update(content);
  whole["sha256"] = sha256_hex(whole.dump());
  save_json(description(), whole);
}

Json DatasetFolder::read_description() const {
  Json whole = Json::parse(read_file(description()), nullptr, false);
  if (!whole.is_object() || whole.value("format", "") != kFormat) {
    throw DataError(description().string(), "is no description of a dataset of situ");
  }
  if (whole.value("version", 0) != kVersion) {
    throw DataError(description().string(),
                    "expected version 1, got " + shown(whole.value("version", Json())));
  }
  const Json said = whole.value("sha256", Json());
  whole.erase("sha256");
  if (said != sha256_hex(whole.dump())) {
    throw DataError(description().string(), "was changed: its checksum does not fit");
  }
  return whole;
}

bool DatasetFolder::is_complete(int64_t samples, bool retry_failed) const {
  const Json whole = read_description();
  const auto result = whole.find("result");
  if (result == whole.end()) return false;
  if (retry_failed && result->at("failed") != 0) return false;
  return result->at("samples").get<int64_t>() >= samples;
}

SampleCounts DatasetFolder::counts() const {
  const Json result = read_description().at("result");
  return {.inserted = result.at("inserted"),
          .rejected = result.at("rejected"),
          .no_room = result.at("no_room"),
          .failed = result.at("failed")};
}

void DatasetFolder::reopen(bool retry_failed) {
  Json whole = read_description();
  if (!whole.contains("result")) return;
  std::ifstream lines(manifest());
  if (!lines) throw file_failure(manifest(), "read", errno);
  std::error_code error;
  fs::create_directories(journals(), error);
  if (error) throw file_failure(journals(), "made", error.value());
  // The journal first: a run that is killed between the two is still complete.
  AtomicFile journal(journals() / "before.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const Json record = Json::parse(line, nullptr, false);
    if (!record.is_object()) throw DataError(manifest().string(), "holds a line that is no JSON");
    if (retry_failed && record.value("status", "") == enum_name(SampleStatus::kFailed)) continue;
    journal.write(line + "\n");
  }
  journal.commit();
  whole.erase("result");
  write_description(whole);
}

SampleCounts DatasetFolder::finish(const JournalReader& journals, int64_t samples) {
  SampleCounts counts;
  Digest digest(Digest::Kind::kSha256);
  AtomicFile file(manifest());
  for (const auto& [index, entry] : journals.entries()) {
    if (index >= samples) break;
    const std::string line = journals.line(entry) + "\n";
    digest.add(line);
    file.write(line);
    counts.add(entry.status);
  }
  file.commit();
  Json whole = read_description();
  whole["result"] = {{"samples", samples},          {"inserted", counts.inserted},
                     {"rejected", counts.rejected}, {"no_room", counts.no_room},
                     {"failed", counts.failed},     {"manifest_sha256", digest.hex()}};
  write_description(whole);
  discard_run();
  return counts;
}

void DatasetFolder::discard_run() {
  std::error_code ignored;  // what is left is no part of the dataset
  fs::remove_all(run(), ignored);
  remove_left_temporaries(root_);  // of a manifest or description whose writer was killed
}

}  // namespace situ
