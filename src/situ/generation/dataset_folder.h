// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "situ/generation/journal.h"

namespace situ {

/// How many samples ended how.
struct SampleCounts {
  int64_t inserted = 0;
  int64_t rejected = 0;
  int64_t no_room = 0;
  int64_t failed = 0;

  int64_t total() const { return inserted + rejected + no_room + failed; }
  void add(SampleStatus status);
};

/// A generated dataset on disk (docs/formats/generated_dataset.md). While it is being made,
/// `dataset.json` says what it will be and `run/` holds the workers' journals and claims; once all
/// samples are done, `manifest.jsonl` lists them in the plan's order, `dataset.json` has the result
/// and `run/` is gone.
class DatasetFolder {
 public:
  explicit DatasetFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path description() const { return root_ / "dataset.json"; }
  std::filesystem::path manifest() const { return root_ / "manifest.jsonl"; }
  std::filesystem::path run() const { return root_ / "run"; }
  std::filesystem::path journals() const { return run() / "journals"; }
  std::filesystem::path claims() const { return run() / "claims"; }

  /// Begins a run or goes on with it. identity: what decides every byte of the dataset. Throws
  /// std::invalid_argument, with the differences, for a folder that holds another run or other
  /// files; FileError where it cannot be written.
  void begin(const nlohmann::ordered_json& identity);

  /// Whether the first `samples` samples are all done and listed; with retry_failed, only where
  /// none of them failed.
  bool is_complete(int64_t samples, bool retry_failed) const;

  /// Makes a finished dataset one that is being made again: to add samples, or to retry those that
  /// failed.
  void reopen(bool retry_failed);

  /// Lists the first `samples` samples and ends the run. Throws FileError.
  SampleCounts finish(const JournalReader& journals, int64_t samples);

  /// Removes what a run that was killed at its very end has left beside a complete dataset.
  void discard_run();

  /// The description of a dataset. Throws FileError, DataError where it is none or was changed.
  nlohmann::ordered_json read_description() const;
  /// Counts of a finished dataset.
  SampleCounts counts() const;

 private:
  void write_description(const nlohmann::ordered_json& content) const;

  std::filesystem::path root_;
};

/// "recipe/plan/seed: 1, now 2", one line for each difference, ten at most.
std::string differences(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now);

}  // namespace situ
