// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "situ/cli/command.h"
#include "situ/core/options.h"
#include "situ/io/atomic_file.h"
#include "situ/reports/dataset/dataset_page.h"
#include "situ/reports/dataset/pair_study.h"

namespace situ {
namespace {

struct ReportArguments {
  std::filesystem::path dataset;
  std::filesystem::path output;
  std::filesystem::path compare_with;
  std::filesystem::path timings;
  int64_t pictures = 48;
  int64_t seed = 1;
};

std::filesystem::path output_of(const ReportArguments& arguments) {
  if (!arguments.output.empty()) return arguments.output;
  std::filesystem::path folder = std::filesystem::absolute(arguments.dataset).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  // Beside the dataset: a file inside would not belong to it.
  return folder.string() + (arguments.compare_with.empty() ? ".html" : "_pairs.html");
}

int report(const ReportArguments& arguments) {
  constexpr int64_t kMostPictures = 2000;
  require_option(arguments.pictures >= 1 && arguments.pictures <= kMostPictures, "pictures",
                 arguments.pictures, "in [1, 2000]");
  require_option(arguments.seed >= 0, "seed", arguments.seed, "0 or more");
  if (!arguments.timings.empty() && !arguments.compare_with.empty()) {
    throw std::invalid_argument("--timings: a study of pairs shows no times");
  }
  const std::filesystem::path output = output_of(arguments);
  write_file(output,
             arguments.compare_with.empty()
                 ? dataset_page(arguments.dataset, arguments.pictures, arguments.timings)
                 : pair_study_page(arguments.dataset, arguments.compare_with, arguments.pictures,
                                   static_cast<uint64_t>(arguments.seed)));
  std::cout << output.string() << "\n";
  return kDone;
}

}  // namespace

void add_report_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "report", "one page about a generated dataset, or a study of pairs from two");
  const auto arguments = std::make_shared<ReportArguments>();
  command->add_option("dataset", arguments->dataset, "the generated dataset")->required();
  command->add_option("--output", arguments->output,
                      "the page; default <dataset>.html beside the dataset");
  command->add_option("--pair-study", arguments->compare_with,
                      "another dataset of the same samples: make a page that asks which looks "
                      "more real");
  command->add_option("--timings", arguments->timings,
                      "what situ generate --timings wrote: list the slowest samples");
  command
      ->add_option("--pictures", arguments->pictures, "pictures or pairs on the page [1 to 2000]")
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "order of the pairs and their sides")
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = report(*arguments); });
}

}  // namespace situ
