// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

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
#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/core/nearest_name.h"
#include "situ/evaluation/anomaly_evaluation.h"
#include "situ/evaluation/evaluation_record.h"
#include "situ/io/atomic_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
constexpr const char* kAll = "all";

struct AnomalyArguments {
  fs::path scores;
  fs::path labels;
  std::string protocol = "binary";
  std::optional<fs::path> roi;
  std::optional<fs::path> json;
  std::optional<fs::path> markdown;
  int threads = 0;
};

AnomalyFigures evaluate_under(const AnomalyArguments& arguments, const AnomalyProtocol& protocol) {
  return evaluate_anomaly(
      anomaly_samples(arguments.scores, arguments.labels, protocol, arguments.roi), protocol);
}

void check_protocol(const std::string& name) {
  std::vector<std::string> known = anomaly_protocol_names();
  known.emplace_back(kAll);
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw std::invalid_argument(unknown_name_message("protocol", name, known));
}

int evaluate(const AnomalyArguments& arguments) {
  check_protocol(arguments.protocol);
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  std::vector<AnomalyFigures> results;
  nlohmann::ordered_json refused = nlohmann::ordered_json::array();
  for (const AnomalyProtocol& protocol : anomaly_protocols()) {
    if (arguments.protocol != kAll) {
      if (arguments.protocol == protocol.name)
        results.push_back(evaluate_under(arguments, protocol));
      continue;
    }
    try {
      results.push_back(evaluate_under(arguments, protocol));
    } catch (const DataError& error) {
      // Side by side means those protocols that the labels allow.
      log_info(std::string(protocol.name) + " does not apply: " + error.what());
      refused.push_back({{"protocol", protocol.name}, {"reason", error.what()}});
    }
  }
  if (results.empty()) throw std::runtime_error("none of the protocols fits these files");
  nlohmann::ordered_json record{{"format", 1}, {"results", nlohmann::ordered_json::array()}};
  for (const AnomalyFigures& result : results) record["results"].push_back(to_json(result));
  if (arguments.protocol == kAll) record["not_applicable"] = refused;
  const std::string table = markdown_table(results);
  std::cout << table;
  if (arguments.json) save_json(*arguments.json, record);
  if (arguments.markdown) write_file(*arguments.markdown, table);
  return kDone;
}

}  // namespace

void add_evaluate_anomaly_command(CLI::App& evaluate_command, int& exit_code) {
  CLI::App* command = evaluate_command.add_subcommand(
      "anomaly", "AP, AUROC, FPR at 95 % TPR and F1* of anomaly scores, exactly");
  const auto arguments = std::make_shared<AnomalyArguments>();
  command
      ->add_option("--scores", arguments->scores,
                   "folder of score maps (npy, npz, 16-bit PNG), higher = more anomalous")
      ->required();
  command->add_option("--labels", arguments->labels, "folder of label PNGs of the same stems")
      ->required();
  command
      ->add_option("--protocol", arguments->protocol,
                   "what the labels' numbers mean: " + listed(anomaly_protocol_names()) +
                       ", or all that fit")
      ->capture_default_str();
  command->add_option("--roi", arguments->roi,
                      "folder of gray PNGs of the same stems: pixels where they are 0 are ignored");
  command->add_option("--json", arguments->json, "write the figures to this file");
  command->add_option("--markdown", arguments->markdown, "write the table to this file");
  command->add_option("--threads", arguments->threads, "default: one for each core");
  command->callback([arguments, &exit_code] { exit_code = evaluate(*arguments); });
}

}  // namespace situ
