// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace situ {

// Each adds one verb of `situ evaluate`.
void add_evaluate_anomaly_command(CLI::App& evaluate, int& exit_code);
void add_evaluate_compare_command(CLI::App& evaluate, int& exit_code);
void add_evaluate_semantic_command(CLI::App& evaluate, int& exit_code);

}  // namespace situ
