// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "situ/cli/command.h"
#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/core/nearest_name.h"
#include "situ/core/progress.h"
#include "situ/datasets/check_dataset.h"
#include "situ/datasets/dataset.h"

namespace situ {
namespace {

/// So many problems of a split are printed; --json has them all.
constexpr std::size_t kProblemsShown = 20;
constexpr std::size_t kSizesShown = 5;

struct DatasetsArguments {
  std::string root;
  std::string kind;
  std::vector<std::string> splits;
  DatasetOptions options;
  bool json = false;
};

void list_kinds(const DatasetsArguments& arguments) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const DatasetKind& kind : dataset_kinds()) {
    rows.push_back({{"name", kind.name},
                    {"title", kind.title},
                    {"splits", kind.splits},
                    {"label_sets", kind.label_sets}});
    if (arguments.json) continue;
    std::string name = kind.name;
    name.resize(16, ' ');
    std::cout << name << kind.title << "\n                splits: "
              << (kind.splits.empty() ? "any folder, or none" : listed(kind.splits))
              << "; labels: " << (kind.label_sets.empty() ? "any set" : listed(kind.label_sets))
              << "\n";
  }
  if (arguments.json) std::cout << rows.dump(2) << "\n";
}

nlohmann::ordered_json described(const Dataset& dataset, const DatasetCheck& check) {
  nlohmann::ordered_json row{{"split", dataset.split},
                             {"label_set", dataset.labels.name()},
                             {"images", check.images},
                             {"labels", check.labels},
                             {"instances", check.instances},
                             {"sizes", check.sizes},
                             {"classes", nlohmann::ordered_json::array()},
                             {"problems", nlohmann::ordered_json::array()}};
  for (const auto& [id, pixels] : check.label_pixels) {
    const LabelClass* const known = dataset.labels.find(id);
    row["classes"].push_back(
        {{"id", id}, {"name", known != nullptr ? known->name : ""}, {"pixels", pixels}});
  }
  for (const DatasetProblem& problem : check.problems) {
    row["problems"].push_back(
        {{"kind", name_of(problem.kind)}, {"file", problem.file}, {"detail", problem.detail}});
  }
  return row;
}

/// The first `count` of the texts, with commas, and how many more there are.
std::string shortened(const std::vector<std::string>& texts, std::size_t count) {
  if (texts.empty()) return "none";
  const std::size_t shown = std::min(count, texts.size());
  std::string line = listed(std::span(texts).first(shown));
  if (shown < texts.size()) line += " and " + std::to_string(texts.size() - shown) + " more";
  return line;
}

void print_check(const Dataset& dataset, const DatasetCheck& check) {
  std::vector<std::string> sizes;
  for (const auto& [size, count] : check.sizes) {
    sizes.push_back(size + " (" + std::to_string(count) + ")");
  }
  std::vector<std::string> classes;
  for (const auto& [id, pixels] : check.label_pixels) {
    const LabelClass* const known = dataset.labels.find(id);
    classes.push_back(std::to_string(id) + (known != nullptr ? " " + known->name : ""));
  }
  std::cout << (dataset.split.empty() ? dataset.kind : dataset.split) << ": " << check.images
            << " images, " << check.labels << " labels, " << check.instances << " instance maps";
  if (!dataset.labels.name().empty()) std::cout << " (" << dataset.labels.name() << ")";
  std::cout << "\n  sizes: " << shortened(sizes, kSizesShown)
            << "\n  ids: " << shortened(classes, classes.size()) << "\n";
  for (std::size_t i = 0; i < std::min(check.problems.size(), kProblemsShown); ++i) {
    const DatasetProblem& problem = check.problems[i];
    std::cout << "  " << name_of(problem.kind) << ": " << problem.file << ": " << problem.detail
              << "\n";
  }
  if (check.problems.size() > kProblemsShown) {
    std::cout << "  and " << check.problems.size() - kProblemsShown << " more: --json lists them\n";
  }
  if (check.problems.empty()) std::cout << "  nothing is wrong\n";
}

/// Nothing where the split is not there and was not asked for by name.
std::optional<Dataset> opened(const DatasetsArguments& arguments, const std::string& split) {
  try {
    return open_dataset(arguments.kind, arguments.root, split, arguments.options);
  } catch (const FileError&) {
    if (!arguments.splits.empty()) throw;
    return std::nullopt;
  }
}

int check_splits(const DatasetsArguments& arguments) {
  std::vector<std::string> splits = arguments.splits;
  if (splits.empty()) splits = dataset_kind(arguments.kind).splits;
  if (splits.empty()) splits = {""};
  nlohmann::ordered_json report{{"kind", arguments.kind},
                                {"root", arguments.root},
                                {"absent_splits", nlohmann::ordered_json::array()},
                                {"splits", nlohmann::ordered_json::array()}};
  bool clean = true;
  for (const std::string& split : splits) {
    const auto dataset = opened(arguments, split);
    if (!dataset) {
      report["absent_splits"].push_back(split);
      continue;
    }
    DatasetCheck check;
    {
      Progress progress("image", static_cast<int64_t>(dataset->samples.size()));
      check = check_dataset(*dataset, [&](int64_t done) { progress.update(done); });
    }
    clean = clean && check.problems.empty();
    report["splits"].push_back(described(*dataset, check));
    if (!arguments.json) print_check(*dataset, check);
  }
  if (report["splits"].empty()) {  // the first one's error says what was looked for
    open_dataset(arguments.kind, arguments.root, splits.front(), arguments.options);
  }
  if (arguments.json) {
    std::cout << report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else if (!report["absent_splits"].empty()) {
    std::cout << "not there: " << listed(report["absent_splits"].get<std::vector<std::string>>())
              << "\n";
  }
  return clean ? kDone : kFinishedWithFailures;
}

}  // namespace

void add_datasets_command(CLI::App& program, int& exit_code) {
  CLI::App* datasets =
      program.add_subcommand("datasets", "the layouts of data sets that situ reads, and a check");
  datasets->require_subcommand(1);
  const auto arguments = std::make_shared<DatasetsArguments>();
  CLI::App* list = datasets->add_subcommand("list", "the kinds, their splits and label sets");
  list->add_flag("--json", arguments->json, "as JSON");
  list->callback([arguments, &exit_code] {
    list_kinds(*arguments);
    exit_code = kDone;
  });
  CLI::App* check = datasets->add_subcommand(
      "check",
      "read every file and say what is missing, broken or not as its labels say; exit "
      "code 3 where something is");
  check->add_option("root", arguments->root, "the data set's folder")->required();
  check->add_option("--as", arguments->kind, "the kind, one that 'situ datasets list' shows")
      ->required();
  check->add_option("--split", arguments->splits, "splits to check; default: all that are there");
  check->add_option("--labels", arguments->options.labels,
                    "the label set, where there are several: a name or a .yaml or .json file");
  check->add_option("--images", arguments->options.image_folder,
                    "of --as folder: the sub-folder with the images");
  check->add_option("--label-folder", arguments->options.label_folder,
                    "of --as folder: the sub-folder with the labels");
  check->add_flag("--json", arguments->json, "as JSON");
  check->callback([arguments, &exit_code] { exit_code = check_splits(*arguments); });
}

}  // namespace situ
