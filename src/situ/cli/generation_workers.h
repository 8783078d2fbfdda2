// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "situ/generation/generation_run.h"

namespace situ {

/// Reads "i/n". Throws std::invalid_argument unless 0 <= i < n.
Shard parse_shard(const std::string& text);

/// Which worker this is of those that a launcher started: SLURM_ARRAY_TASK_ID and its neighbours,
/// else RANK and WORLD_SIZE; the only one where neither is set. Throws std::invalid_argument for
/// values that make no sense.
Shard shard_of_environment();

/// Starts this program `count` times, each as one worker of the same run, and waits for all.
/// arguments: of the program, without its name. Returns how many ended well; a lost one is logged.
/// Throws FileError where none could be started.
int64_t run_workers(const std::vector<std::string>& arguments, int64_t count);

}  // namespace situ
