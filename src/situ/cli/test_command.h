// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "situ/cli/command_line.h"

namespace situ::testing {

/// How a run of the program ended.
struct Ended {
  int exit_code = -1;
  std::string results;   // standard output
  std::string messages;  // standard error
};

/// Runs the program's command line inside this process; `arguments` without the program's name.
inline Ended run_situ(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "situ");
  std::vector<const char*> argv;
  for (const std::string& one : arguments) argv.push_back(one.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Ended ended;
  ended.exit_code = run_command_line(static_cast<int>(argv.size()), argv.data());
  ended.results = ::testing::internal::GetCapturedStdout();
  ended.messages = ::testing::internal::GetCapturedStderr();
  return ended;
}

}  // namespace situ::testing
