// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "situ/cli/command.h"
#include "situ/core/logging.h"
#include "situ/core/progress.h"
#include "situ/packs/pack_dataset.h"
#include "situ/packs/poc_release.h"

namespace situ {
namespace {

struct PackArguments {
  std::string input;
  std::string root;
  std::string output;
  std::string format = "situ";
};

/// Begins with the first sample, when their number is known.
PackProgress progress_of(std::unique_ptr<Progress>& progress) {
  return [&progress](int64_t done, int64_t total) {
    if (!progress) progress = std::make_unique<Progress>("sample", total);
    progress->update(done);
  };
}

int pack(const PackArguments& arguments) {
  std::unique_ptr<Progress> progress;
  const auto write = arguments.format == "poc" ? pack_poc_release : pack_dataset;
  const int64_t samples =
      write(arguments.input, arguments.root, arguments.output, progress_of(progress));
  progress.reset();
  log_info(arguments.output + ": " + std::to_string(samples) + " samples packed");
  return kDone;
}

int unpack(const PackArguments& arguments) {
  std::unique_ptr<Progress> progress;
  const bool own = std::filesystem::exists(std::filesystem::path(arguments.input) / "pack.json");
  const auto read = own ? unpack_dataset : unpack_poc_release;
  const UnpackReport report =
      read(arguments.input, arguments.root, arguments.output, progress_of(progress));
  progress.reset();
  for (const std::string& refused : report.refused) log_error(refused);
  if (report.other_bytes > 0) {
    log_warning(std::to_string(report.other_bytes) +
                " files have the right pixels but other bytes, as another libpng or zlib writes "
                "them: 'situ verify' will name them");
  }
  log_info(arguments.output + ": " + std::to_string(report.samples) + " samples, " +
           std::to_string(report.refused.size()) + " refused");
  return report.refused.empty() ? kDone : kFinishedWithFailures;
}

void add_paths(CLI::App& command, const std::shared_ptr<PackArguments>& arguments,
               const char* input) {
  command.add_option("input", arguments->input, input)->required();
  command
      .add_option("--root", arguments->root,
                  "the root of the dataset that the generated one was made from")
      ->required();
  command.add_option("--output", arguments->output, "a folder that is empty or not there")
      ->required();
}

}  // namespace

void add_pack_commands(CLI::App& program, int& exit_code) {
  const auto arguments = std::make_shared<PackArguments>();
  CLI::App* packing = program.add_subcommand(
      "pack", "write what a generated dataset adds to its source, to give away without it");
  add_paths(*packing, arguments, "the folder that 'situ generate' wrote");
  packing
      ->add_option("--format", arguments->format,
                   "situ, checked and complete; or poc, as the original's datasets are released")
      ->check(CLI::IsMember({"situ", "poc"}));
  packing->callback([arguments, &exit_code] { exit_code = pack(*arguments); });
  CLI::App* unpacking = program.add_subcommand(
      "unpack",
      "make a generated dataset again from a pack, of situ or of the original; exit code "
      "3 where samples are refused");
  add_paths(*unpacking, arguments, "the pack");
  unpacking->callback([arguments, &exit_code] { exit_code = unpack(*arguments); });
}

}  // namespace situ
