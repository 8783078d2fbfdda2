// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <charconv>
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
#include "situ/core/device.h"
#include "situ/core/nearest_name.h"
#include "situ/evaluation/semantic_evaluation.h"
#include "situ/io/atomic_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

struct SemanticArguments {
  SemanticFolders folders;
  std::string label_set;
  std::vector<std::string> map_predictions, map_labels;
  bool boundaries = false;
  std::optional<std::filesystem::path> json;
  std::optional<std::filesystem::path> markdown;
  int threads = 0;
};

/// "12=11"
std::vector<std::pair<std::int64_t, std::int64_t>> mapping(const char* option,
                                                           const std::vector<std::string>& texts) {
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (const std::string& text : texts) {
    std::int64_t from = 0;
    std::int64_t to = 0;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, from);
    const bool parted = first.ec == std::errc() && first.ptr != end && *first.ptr == '=';
    const auto second = parted ? std::from_chars(first.ptr + 1, end, to) : first;
    if (!parted || second.ec != std::errc() || second.ptr != end) {
      throw std::invalid_argument(std::string(option) + ": expected FROM=TO, got '" + text + "'");
    }
    pairs.emplace_back(from, to);
  }
  return pairs;
}

int evaluate(const SemanticArguments& arguments) {
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  const SemanticFigures figures =
      evaluate_semantic(arguments.folders, semantic_classes(arguments.label_set),
                        {.map_predictions = mapping("--map-prediction", arguments.map_predictions),
                         .map_labels = mapping("--map-label", arguments.map_labels),
                         .boundaries = arguments.boundaries});
  const std::string table = markdown_table(figures);
  std::cout << table;
  if (arguments.json) {
    nlohmann::ordered_json record{{"format", 1}, {"results", nlohmann::ordered_json::array()}};
    record["results"].push_back(to_json(figures));
    save_json(*arguments.json, record);
  }
  if (arguments.markdown) write_file(*arguments.markdown, table);
  return kDone;
}

}  // namespace

void add_evaluate_semantic_command(CLI::App& evaluate_command, int& exit_code) {
  CLI::App* command = evaluate_command.add_subcommand(
      "semantic", "IoU of classes, categories and boundaries, pixel accuracy");
  const auto arguments = std::make_shared<SemanticArguments>();
  command
      ->add_option("--predictions", arguments->folders.predictions,
                   "folder of PNGs whose numbers are classes")
      ->required();
  command->add_option("--labels", arguments->folders.labels, "folder of PNGs of the same stems")
      ->required();
  command->add_option("--label-set", arguments->label_set, listed(semantic_class_names()))
      ->required();
  command->add_option("--map-prediction", arguments->map_predictions,
                      "FROM=TO: predictions of one number count as another");
  command->add_option("--map-label", arguments->map_labels, "the same for labels");
  command->add_flag("--boundaries", arguments->boundaries, "also boundary IoU");
  command->add_option("--json", arguments->json, "write the figures to this file");
  command->add_option("--markdown", arguments->markdown, "write the table to this file");
  command->add_option("--threads", arguments->threads, "default: one for each core");
  command->callback([arguments, &exit_code] { exit_code = evaluate(*arguments); });
}

}  // namespace situ
