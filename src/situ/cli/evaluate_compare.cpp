// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/cli/command.h"
#include "situ/cli/evaluate_parts.h"
#include "situ/core/errors.h"
#include "situ/evaluation/evaluation_record.h"
#include "situ/evaluation/ranking_statistics.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

struct CompareArguments {
  std::filesystem::path first, second;
  BootstrapOptions bootstrap;
  std::optional<std::filesystem::path> json;
};

int compare(const CompareArguments& arguments) {
  const RankingStatistics first = load_statistics(arguments.first);
  const RankingStatistics second = load_statistics(arguments.second);
  if (first.images != second.images || first.protocol != second.protocol) {
    throw DataError(arguments.second.string(),
                    "its images or its protocol are not those of " + arguments.first.string());
  }
  const auto figures = ranking_figures();
  std::vector<RankingFigure> members;
  for (const NamedFigure& figure : figures) members.push_back(figure.member);
  const auto comparisons =
      compare_paired(first.ranking, second.ranking, members, arguments.bootstrap);
  nlohmann::ordered_json record{{"format", 1},
                                {"protocol", first.protocol},
                                {"images", first.images.size()},
                                {"resamples", arguments.bootstrap.resamples},
                                {"confidence", arguments.bootstrap.confidence},
                                {"differences", nlohmann::ordered_json::object()}};
  std::cout << "| figure | second - first | interval | p |\n|---|---|---|---|\n";
  for (std::size_t f = 0; f < figures.size(); ++f) {
    const PairedComparison& one = comparisons[f];
    const bool defined = std::isfinite(one.difference) && std::isfinite(one.interval.low);
    record["differences"][figures[f].name] =
        defined ? nlohmann::ordered_json{{"difference", one.difference},
                                         {"low", one.interval.low},
                                         {"high", one.interval.high},
                                         {"p_value", one.p_value}}
                : nlohmann::ordered_json(nullptr);
    if (!defined) continue;
    char row[160];
    std::snprintf(row, sizeof row, "| %s | %+.5f | %+.5f to %+.5f | %.4f |\n", figures[f].name,
                  one.difference, one.interval.low, one.interval.high, one.p_value);
    std::cout << row;
  }
  if (arguments.json) save_json(*arguments.json, record);
  return kDone;
}

}  // namespace

void add_evaluate_compare_command(CLI::App& evaluate, int& exit_code) {
  CLI::App* command = evaluate.add_subcommand(
      "compare", "two methods on the same images: differences, intervals and p-values");
  const auto arguments = std::make_shared<CompareArguments>();
  command->add_option("first", arguments->first, "statistics of 'evaluate anomaly --statistics'")
      ->required();
  command->add_option("second", arguments->second, "those of the other method")->required();
  command->add_option("--resamples", arguments->bootstrap.resamples, "draws of the bootstrap")
      ->capture_default_str();
  command->add_option("--confidence", arguments->bootstrap.confidence, "of the intervals")
      ->capture_default_str();
  command->add_option("--seed", arguments->bootstrap.seed, "of the draws")->capture_default_str();
  command->add_option("--json", arguments->json, "write the comparison to this file");
  command->callback([arguments, &exit_code] { exit_code = compare(*arguments); });
}

}  // namespace situ
