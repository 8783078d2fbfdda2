// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "situ/core/errors.h"

namespace situ {

/// The error for an operation of the operating system that failed with `error_number` (an errno).
/// The message reads "<path>: cannot be <done>: <reason>; <what to do about it>".
/// done: what was tried, as "read" or "written".
FileError file_failure(const std::filesystem::path& path, std::string_view done, int error_number);

}  // namespace situ
