// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace situ {

/// The script of a Slurm job array whose tasks work on one run together. arguments: of the program,
/// without its name.
std::string slurm_script(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments, const std::string& name,
                         int64_t tasks);

/// Writes the script to <output>.sbatch, and gives it to sbatch where that is asked for. Returns an
/// ExitCode. Throws FileError.
int write_slurm_job(const std::vector<std::string>& arguments, const std::filesystem::path& output,
                    int64_t tasks, bool submit);

}  // namespace situ
