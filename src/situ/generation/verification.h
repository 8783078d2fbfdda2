// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "situ/generation/dataset_folder.h"

namespace situ {

/// Something that is wrong with a generated dataset.
struct Problem {
  std::string file;  ///< relative to the dataset, or the sample's id where a file is not at fault
  std::string what;
};

struct VerificationReport {
  SampleCounts counts;
  int64_t files = 0;  ///< checked
  std::vector<Problem> problems;
};

/// Checks a finished dataset again: the description and the manifest against their checksums, every
/// planned sample present or with a reason, every file against its hash and size, nothing that does
/// not belong there; labels hold known ids and agree with the instance and anomaly maps. source:
/// the root of the dataset that it was made from; where it is given, labels and pictures outside of
/// what was changed must be its own, to the bit, and its files must be those that were used. Throws
/// FileError where a folder cannot be read, DataError for a description that cannot be trusted, and
/// std::invalid_argument for a dataset that is not finished.
VerificationReport verify_dataset(const std::filesystem::path& folder,
                                  const std::optional<std::filesystem::path>& source,
                                  const std::function<void(int64_t, int64_t)>& progress = {});

}  // namespace situ
