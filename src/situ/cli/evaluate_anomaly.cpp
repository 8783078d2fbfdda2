// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/backends/espnet_segmenter.h"
#include "situ/cli/command.h"
#include "situ/cli/evaluate_parts.h"
#include "situ/core/device.h"
#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/core/nearest_name.h"
#include "situ/core/temporary_folder.h"
#include "situ/evaluation/anomaly_evaluation.h"
#include "situ/evaluation/breakdown.h"
#include "situ/evaluation/evaluation_record.h"
#include "situ/evaluation/ranking_statistics.h"
#include "situ/evaluation/score_images.h"
#include "situ/evaluation/synthetic_audit.h"
#include "situ/io/atomic_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
constexpr const char* kAll = "all";

/// A network that scores images, in place of score maps that are there.
struct ModelArguments {
  fs::path model;
  fs::path images;
  std::string scorer = "max-logit";
  std::string input_size;  // WxH
  std::optional<fs::path> statistics_images;
  std::optional<fs::path> save_scores;
  std::string device = "auto";
};

struct AnomalyArguments {
  AnomalyFolders folders;
  std::string protocol = "binary";
  ModelArguments model;
  bool components = false;
  std::vector<std::string> by;
  std::optional<fs::path> instances;
  BootstrapOptions bootstrap{.resamples = 0};
  std::optional<fs::path> statistics;
  std::optional<fs::path> json;
  std::optional<fs::path> markdown;
  int threads = 0;
};

/// The protocols that a name stands for.
std::vector<const AnomalyProtocol*> named_protocols(const std::string& name) {
  std::vector<const AnomalyProtocol*> protocols;
  std::vector<std::string> known = anomaly_protocol_names();
  known.emplace_back(kAll);
  for (const AnomalyProtocol& protocol : anomaly_protocols()) {
    if (name == kAll || name == protocol.name) protocols.push_back(&protocol);
  }
  if (protocols.empty()) {
    throw std::invalid_argument(unknown_name_message("protocol", name, known));
  }
  return protocols;
}

/// "1024x512", width first as people write it, to height and width.
std::optional<std::array<std::int64_t, 2>> input_size(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::int64_t width = 0;
  std::int64_t height = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, width);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == 'x') {
    const auto second = std::from_chars(first.ptr + 1, end, height);
    if (second.ec == std::errc() && second.ptr == end) return std::array{height, width};
  }
  throw std::invalid_argument("--input-size: expected WIDTHxHEIGHT, got '" + text + "'");
}

void score_with_model(const ModelArguments& arguments, const AnomalyFolders& folders,
                      const AnomalyProtocol& protocol) {
  const LogitScore score = parse_enum<LogitScore>("--scorer", arguments.scorer);
  const bool standardized = score == LogitScore::kStandardizedMaxLogit;
  if (standardized != arguments.statistics_images.has_value()) {
    throw std::invalid_argument(
        "--scorer standardized-max-logit and --statistics-images, a folder of images without "
        "anomalies, belong together");
  }
  const auto segmenter = load_espnet(arguments.model, {.device = parse_device(arguments.device)},
                                     {.input_size = input_size(arguments.input_size)});
  std::optional<MaxLogitStatistics> statistics;
  if (standardized) {
    statistics = max_logit_statistics(*segmenter, *arguments.statistics_images);
  }
  LogitScorer scorer(*segmenter, score, statistics ? &*statistics : nullptr);
  score_images(
      scorer,
      {.images = arguments.images, .labels = folders.labels, .label_stride = folders.label_stride},
      protocol, folders.scores);
}

/// A result, and the intervals of its pooled figures where they were asked for.
struct Result {
  AnomalyFigures figures;
  std::optional<nlohmann::ordered_json> intervals;
  std::vector<std::pair<std::string, std::vector<GroupFigures>>> groups;  // by name of grouping
};

Result evaluate_under(const AnomalyArguments& arguments, const AnomalyProtocol& protocol) {
  std::vector<AnomalySample> samples = anomaly_samples(arguments.folders, protocol);
  Result result{.figures = evaluate_anomaly(samples, protocol), .intervals = {}, .groups = {}};
  AnomalyFigures& figures = result.figures;
  if (arguments.components && figures.positives > 0) {
    figures.components = evaluate_components(samples, protocol, figures.pooled.f1_star_threshold);
  }
  for (const std::string& name : arguments.by) {
    const auto grouping = parse_enum<Grouping>("--by", name);
    result.groups.emplace_back(name, evaluate_groups(samples, protocol, grouping));
  }
  if (arguments.instances) {
    add_instance_maps(*arguments.instances, samples);
    result.groups.emplace_back("synthetic", audit_synthetic_pixels(samples, protocol));
  }
  if (arguments.bootstrap.resamples > 0 || arguments.statistics) {
    const RankingStatistics statistics = ranking_statistics(samples, protocol);
    if (arguments.statistics) save_statistics(*arguments.statistics, statistics);
    if (arguments.bootstrap.resamples > 0) {
      result.intervals = interval_json(statistics, arguments.bootstrap);
    }
  }
  return result;
}

void write_results(const AnomalyArguments& arguments, const std::vector<Result>& results,
                   const nlohmann::ordered_json& not_applicable) {
  nlohmann::ordered_json record{{"format", 1}, {"results", nlohmann::ordered_json::array()}};
  std::vector<AnomalyFigures> all;
  for (const Result& result : results) {
    nlohmann::ordered_json row = to_json(result.figures);
    if (result.intervals) row["pooled_intervals"] = *result.intervals;
    for (const auto& [name, groups] : result.groups) row["by_" + name] = to_json(groups);
    record["results"].push_back(std::move(row));
    all.push_back(result.figures);
  }
  if (arguments.protocol == kAll) record["not_applicable"] = not_applicable;
  std::string tables = markdown_table(all);
  if (const std::string components = markdown_component_table(all); !components.empty()) {
    tables += "\n" + components;
  }
  for (const Result& result : results) {
    for (const auto& [name, groups] : result.groups) {
      tables += "\n" + markdown_group_table(result.figures.protocol + ", by " + name, groups);
    }
  }
  std::cout << tables;
  if (arguments.json) save_json(*arguments.json, record);
  if (arguments.markdown) write_file(*arguments.markdown, tables);
}

int evaluate(AnomalyArguments arguments) {
  const auto protocols = named_protocols(arguments.protocol);
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  if (arguments.statistics && protocols.size() > 1) {
    throw std::invalid_argument("--statistics: name one protocol, not all");
  }
  std::optional<TemporaryFolder> unsaved;
  if (!arguments.model.model.empty()) {
    if (arguments.model.save_scores) {
      arguments.folders.scores = *arguments.model.save_scores;
    } else {
      arguments.folders.scores = unsaved.emplace().path();
    }
    score_with_model(arguments.model, arguments.folders, *protocols.front());
  }
  std::vector<Result> results;
  nlohmann::ordered_json not_applicable = nlohmann::ordered_json::array();
  for (const AnomalyProtocol* protocol : protocols) {
    try {
      results.push_back(evaluate_under(arguments, *protocol));
    } catch (const DataError& error) {
      if (protocols.size() == 1) throw;
      // Side by side are those protocols that the labels allow.
      log_info(std::string(protocol->name) + " does not apply: " + error.what());
      not_applicable.push_back({{"protocol", protocol->name}, {"reason", error.what()}});
    }
  }
  if (results.empty()) throw std::runtime_error("none of the protocols fits these files");
  write_results(arguments, results, not_applicable);
  return kDone;
}

void add_model_options(CLI::App& command, ModelArguments& model, CLI::Option* scores) {
  CLI::Option* folder =
      command.add_option("--model", model.model,
                         "score the images with this ESPNetv2: a file of weights, or a folder "
                         "with model.safetensors");
  CLI::Option* images = command.add_option("--images", model.images, "folder of images");
  folder->needs(images)->excludes(scores);
  command.add_option("--scorer", model.scorer, listed(enum_names<LogitScore>()))
      ->capture_default_str();
  command.add_option("--input-size", model.input_size,
                     "WIDTHxHEIGHT that images are resized to for the network; default: their own");
  command.add_option("--statistics-images", model.statistics_images,
                     "images without anomalies, for standardized-max-logit");
  command.add_option("--save-scores", model.save_scores, "keep the score maps in this folder");
  command.add_option("--device", model.device, "cpu, cuda, cuda:1 or auto")->capture_default_str();
  for (const char* name : {"--images", "--scorer", "--input-size", "--save-scores", "--device"}) {
    command.get_option(name)->needs(folder);
  }
}

}  // namespace

void add_evaluate_anomaly_command(CLI::App& evaluate_command, int& exit_code) {
  CLI::App* command = evaluate_command.add_subcommand(
      "anomaly", "AP, AUROC, FPR at 95 % TPR and F1* of anomaly scores, exactly");
  const auto arguments = std::make_shared<AnomalyArguments>();
  CLI::Option* scores = command->add_option(
      "--scores", arguments->folders.scores,
      "folder of score maps (npy, npz, HDF5, 16-bit PNG), higher = more anomalous");
  command
      ->add_option("--labels", arguments->folders.labels, "folder of label PNGs of the same stems")
      ->required();
  command
      ->add_option("--protocol", arguments->protocol,
                   "what the labels' numbers mean: " + listed(anomaly_protocol_names()) +
                       ", or all that fit")
      ->capture_default_str();
  command->add_option("--roi", arguments->folders.roi,
                      "folder of gray PNGs of the same stems: pixels where they are 0 are ignored");
  command
      ->add_option("--label-stride", arguments->folders.label_stride,
                   "the score maps are of every n-th row and column of the labels")
      ->capture_default_str();
  command->add_flag("--components", arguments->components,
                    "also sIoU, PPV and F1 of components at the F1* threshold");
  command->add_option("--by", arguments->by,
                      "also figures for each " + listed(enum_names<Grouping>()) +
                          " of the anomalous pixels; may be given several times");
  command->add_option("--instances", arguments->instances,
                      "instance maps of the same stems, as situ generate writes them: also figures "
                      "with and without synthetic pixels of known classes");
  command
      ->add_option("--bootstrap", arguments->bootstrap.resamples,
                   "intervals of the pooled figures from so many draws of images; 0: none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--seed", arguments->bootstrap.seed, "of the draws")->capture_default_str();
  command->add_option("--statistics", arguments->statistics,
                      "keep what 'situ evaluate compare' needs in this file (npz)");
  command->add_option("--json", arguments->json, "write the figures to this file");
  command->add_option("--markdown", arguments->markdown, "write the tables to this file");
  command->add_option("--threads", arguments->threads, "default: one for each core");
  add_model_options(*command, arguments->model, scores);
  command->callback([arguments, &exit_code] {
    if (arguments->folders.scores.empty() && arguments->model.model.empty()) {
      throw std::invalid_argument("expected --scores, or --model and --images");
    }
    exit_code = evaluate(*arguments);
  });
}

}  // namespace situ
