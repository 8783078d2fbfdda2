// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace situ {

/// A file and everything that may be written because of it.
struct FileOutputs {
  std::filesystem::path input;
  std::vector<std::filesystem::path> outputs;
};

/// Throws std::invalid_argument where two inputs would be written to one file, or a result would
/// take the place of an input (links followed).
void check_outputs(const std::vector<FileOutputs>& files);

}  // namespace situ
