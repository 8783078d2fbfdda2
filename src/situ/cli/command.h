// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace situ {

/// What `situ` ends with.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kFinishedWithFailures = 3,  // the run is complete, but some objects were not inserted
};

// Each adds one verb to the program; its callback does the work and sets `exit_code`.
void add_datasets_command(CLI::App& program, int& exit_code);
void add_edit_command(CLI::App& program, int& exit_code);
void add_export_command(CLI::App& program, int& exit_code);
void add_generate_command(CLI::App& program, int& exit_code);
void add_evaluate_command(CLI::App& program, int& exit_code);
void add_ground_command(CLI::App& program, int& exit_code);
void add_imagine_command(CLI::App& program, int& exit_code);
void add_inpaint_command(CLI::App& program, int& exit_code);
void add_insert_command(CLI::App& program, int& exit_code);
void add_models_command(CLI::App& program, int& exit_code);
void add_pack_commands(CLI::App& program, int& exit_code);
void add_report_command(CLI::App& program, int& exit_code);
void add_train_command(CLI::App& program, int& exit_code);
void add_verify_command(CLI::App& program, int& exit_code);

}  // namespace situ
