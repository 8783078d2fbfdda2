// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "situ/training/optimizer.h"

namespace situ {

/// Writes the optimizer's state whole or not at all. recipe: what must not change between two parts
/// of a run, as text.
void save_snapshot(const std::filesystem::path& file, const Optimizer& optimizer,
                   int64_t steps_done, const std::string& recipe);

/// Loads a snapshot into the optimizer and its module and returns the number of steps done, or
/// nothing when there is no file. Throws DataError when it was made with another recipe or does not
/// fit.
std::optional<int64_t> load_snapshot(const std::filesystem::path& file, Optimizer& optimizer,
                                     const std::string& recipe);

}  // namespace situ
