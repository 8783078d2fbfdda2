// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "situ/cli/command.h"
#include "situ/core/progress.h"
#include "situ/generation/verification.h"

namespace situ {
namespace {

struct VerifyArguments {
  std::filesystem::path folder;
  std::string root;
  bool json = false;
};

int verify(const VerifyArguments& arguments) {
  std::optional<Progress> progress;
  const std::optional<std::filesystem::path> root =
      arguments.root.empty() ? std::nullopt : std::optional<std::filesystem::path>(arguments.root);
  const VerificationReport report =
      verify_dataset(arguments.folder, root, [&](int64_t done, int64_t total) {
        if (!progress) progress.emplace("sample", total);
        progress->update(done);
      });
  if (progress) progress->clear_line();
  const SampleCounts& counts = report.counts;
  if (arguments.json) {
    nlohmann::ordered_json problems = nlohmann::ordered_json::array();
    for (const Problem& one : report.problems) {
      problems.push_back({{"file", one.file}, {"problem", one.what}});
    }
    std::cout << nlohmann::ordered_json{{"samples", counts.total()},
                                        {"inserted", counts.inserted},
                                        {"files", report.files},
                                        {"problems", problems}}
                     .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << "\n";
  } else {
    for (const Problem& one : report.problems) std::cout << one.file << ": " << one.what << "\n";
    std::cout << counts.total() << " samples, " << counts.inserted << " of them inserted, "
              << report.files << " files checked, " << report.problems.size() << " problems";
    std::cout << (root ? "\n" : "; with --root DATA the sources are compared too\n");
  }
  return report.problems.empty() ? kDone : kFailed;
}

}  // namespace

void add_verify_command(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("verify", "check a generated dataset: files, labels and sources");
  const auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("folder", arguments->folder, "the generated dataset")->required();
  command->add_option("--root", arguments->root,
                      "folder of the dataset that it was made from: compare with it too");
  command->add_flag("--json", arguments->json, "print the problems as JSON");
  command->callback([arguments, &exit_code] { exit_code = verify(*arguments); });
}

}  // namespace situ
