// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/slurm_script.h"

#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "situ/cli/command.h"
#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"

extern char** environ;

namespace situ {
namespace {

namespace fs = std::filesystem;

// One word of a shell, whatever it holds.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

std::string slurm_script(const fs::path& program, const std::vector<std::string>& arguments,
                         const std::string& name, int64_t tasks) {
  std::string job;
  for (const char c : name) job += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
  std::string script =
      "#!/bin/bash\n"
      "#SBATCH --job-name=situ-" +
      job + "\n" + "#SBATCH --array=0-" + std::to_string(tasks - 1) + "\n" +
      "#SBATCH --requeue\n"
      "#SBATCH --open-mode=append\n"
      "# The tasks share the work as they find time; one that is lost or requeued loses none.\n"
      "# Add what your cluster needs: --partition, --gres=gpu:1, --time, --cpus-per-task.\n"
      "exec " +
      quoted(program.string());
  for (const std::string& one : arguments) script += " " + quoted(one);
  return script + "\n";
}

int write_slurm_job(const std::vector<std::string>& arguments, const fs::path& output,
                    int64_t tasks, bool submit) {
  fs::path folder = fs::absolute(output).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  const fs::path script = fs::path(folder.string() + ".sbatch");
  write_file(script, slurm_script(fs::read_symlink("/proc/self/exe"), arguments,
                                  folder.filename().string(), tasks));
  std::cout << script.string() << "\n";
  if (!submit) return kDone;
  std::array<std::string, 2> words{"sbatch", script.string()};
  std::array<char*, 3> pointers{words[0].data(), words[1].data(), nullptr};
  pid_t process = 0;
  const int error = ::posix_spawnp(&process, "sbatch", nullptr, nullptr, pointers.data(), environ);
  if (error != 0) throw FileError("sbatch cannot be started: " + std::string(strerror(error)));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? kDone : kFailed;
}

}  // namespace situ
