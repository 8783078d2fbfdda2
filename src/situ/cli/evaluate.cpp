// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "situ/cli/command.h"
#include "situ/cli/evaluate_parts.h"

namespace situ {

void add_evaluate_command(CLI::App& program, int& exit_code) {
  CLI::App* evaluate =
      program.add_subcommand("evaluate", "measure score maps or predictions against labels");
  evaluate->require_subcommand(1);
  add_evaluate_anomaly_command(*evaluate, exit_code);
  add_evaluate_compare_command(*evaluate, exit_code);
  add_evaluate_semantic_command(*evaluate, exit_code);
}

}  // namespace situ
