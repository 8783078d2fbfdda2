// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace situ {

/// A finished generated dataset, to be read: its description, and the records of its samples one at
/// a time.
class FinishedDataset {
 public:
  /// Reads the manifest through once. Throws FileError, DataError where description and manifest do
  /// not fit each other, std::invalid_argument for a dataset that is not finished.
  explicit FinishedDataset(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  const nlohmann::ordered_json& description() const { return description_; }

  /// How many samples have an object; only these have files.
  std::size_t size() const { return inserted_.size(); }
  /// The record of one of them. Throws FileError, DataError.
  nlohmann::ordered_json record(std::size_t place) const;

 private:
  struct Line {
    uint64_t offset = 0;
    uint64_t length = 0;
  };

  std::filesystem::path folder_;
  nlohmann::ordered_json description_;
  std::vector<Line> inserted_;
};

/// The path that a record names, below `root`. Throws DataError for one that leads out of it.
std::filesystem::path path_in_record(const std::filesystem::path& root, const std::string& path);

}  // namespace situ
