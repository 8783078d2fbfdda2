// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace situ {

/// A sample of a pack.
struct PackEntry {
  std::string id;
  std::string delta;                          // relative to the pack
  std::string delta_sha256;                   // of the file
  std::map<std::string, std::string> pixels;  // kind of picture → pixels_sha256
};

/// Where a pack's files are (docs/formats/pack.md).
struct PackFiles {
  std::filesystem::path root;

  std::filesystem::path description() const { return root / "pack.json"; }
  std::filesystem::path index() const { return root / "index.jsonl"; }
};

/// Writes index.jsonl and then pack.json, which completes the pack. Throws FileError.
void save_pack_index(const PackFiles& files, const std::vector<PackEntry>& entries);

/// Throws FileError, DataError for a pack of another version or whose index was changed.
std::vector<PackEntry> load_pack_index(const PackFiles& files);

}  // namespace situ
