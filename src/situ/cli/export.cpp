// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

#include "situ/cli/command.h"
#include "situ/core/logging.h"
#include "situ/core/progress.h"
#include "situ/exports/export_dataset.h"
#include "situ/exports/generated_source.h"

namespace situ {
namespace {

struct ExportArguments {
  std::string dataset;
  std::string format;
  std::string output;
  std::string root;
  bool link = false;
};

void run_export(const ExportArguments& arguments) {
  std::optional<std::filesystem::path> source_root;
  if (!arguments.root.empty()) source_root = arguments.root;
  const ExportSource source = open_generated_dataset(arguments.dataset, source_root);
  {
    Progress progress("sample", static_cast<int64_t>(source.count));
    export_dataset(
        source, arguments.format, arguments.output,
        {.link_images = arguments.link, .progress = [&](int64_t done) { progress.update(done); }});
  }
  log_info(arguments.output + ": " + std::to_string(source.count) + " samples as " +
           arguments.format);
}

}  // namespace

void add_export_command(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("export", "write a generated dataset in the format of other tools");
  const auto arguments = std::make_shared<ExportArguments>();
  command->add_option("dataset", arguments->dataset, "the folder that 'situ generate' wrote")
      ->required();
  command->add_option("--format", arguments->format, "one of the formats")
      ->required()
      ->check(CLI::IsMember(export_formats()));
  command->add_option("--output", arguments->output, "a folder that is empty or not there")
      ->required();
  command->add_option("--root", arguments->root,
                      "the root of the dataset that it was made from: adds the clean images");
  command->add_flag("--link", arguments->link,
                    "hard links to the images instead of copies, where they are possible");
  command->callback([arguments, &exit_code] {
    run_export(*arguments);
    exit_code = kDone;
  });
}

}  // namespace situ
