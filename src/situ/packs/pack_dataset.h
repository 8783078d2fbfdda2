// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace situ {

using PackProgress = std::function<void(int64_t done, int64_t total)>;

/// Writes what a finished generated dataset adds to the one that it was made from, and nothing else
/// of it: a pack can be given away where the source cannot. dataset: the folder of 'situ generate';
/// source: the source's root; output: a folder that is empty or not there. Returns the number of
/// samples. Throws DataError where a file is not the one that the manifest names, FileError, and
/// what FinishedDataset throws.
int64_t pack_dataset(const std::filesystem::path& dataset, const std::filesystem::path& source,
                     const std::filesystem::path& output, const PackProgress& progress = {});

/// What unpacking ended with.
struct UnpackReport {
  int64_t samples = 0;
  /// Files whose pixels are right but whose bytes are not the original's: another libpng or zlib.
  int64_t other_bytes = 0;
  /// Samples that are not there, "<id>: <why>": a source file that is missing or another one.
  std::vector<std::string> refused;
};

/// Makes the dataset again: the same files, the same pixels. With refused samples the folder has
/// the others but no dataset.json. Throws DataError for a pack that was changed, and FileError.
UnpackReport unpack_dataset(const std::filesystem::path& pack, const std::filesystem::path& source,
                            const std::filesystem::path& output, const PackProgress& progress = {});

}  // namespace situ
