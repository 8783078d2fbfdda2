// SPDX-License-Identifier: Apache-2.0
#include "situ/core/errors.h"

namespace situ {

DataError::DataError(const std::string& file, const std::string& reason)
    : std::runtime_error(file + ": " + reason) {}

DataError::DataError(const std::string& file, std::int64_t offset, const std::string& reason)
    : std::runtime_error(file + " at byte " + std::to_string(offset) + ": " + reason) {}

Interrupted::Interrupted()
    : std::runtime_error("interrupted: nothing half-written was left behind") {}

}  // namespace situ
