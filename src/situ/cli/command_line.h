// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace situ {

/// The whole program: parses, runs one verb, reports errors in one sentence on standard error and
/// returns the exit code of command.h.
int run_command_line(int argc, const char* const* argv);

}  // namespace situ
