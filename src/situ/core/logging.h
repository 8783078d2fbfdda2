// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace situ {

/// Messages for the person at the terminal, to standard error. Results go to standard output
/// instead.
void log_info(const std::string& message);
void log_warning(const std::string& message);
void log_error(const std::string& message);

/// Leaves only warnings and errors (`--quiet`).
void set_quiet(bool quiet);

}  // namespace situ
