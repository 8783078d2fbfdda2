// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "situ/cli/command.h"
#include "situ/cli/generation_estimate.h"
#include "situ/cli/generation_identity.h"
#include "situ/cli/generation_method.h"
#include "situ/cli/generation_workers.h"
#include "situ/cli/option_flags.h"
#include "situ/cli/recipe_file.h"
#include "situ/cli/slurm_script.h"
#include "situ/core/device.h"
#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/core/nearest_name.h"
#include "situ/core/progress.h"
#include "situ/datasets/dataset.h"
#include "situ/generation/generation_run.h"
#include "situ/generation/sample_times.h"

namespace situ {
namespace {

/// How a dataset is made; nothing here changes what it is, save the kind of device.
struct GenerateArguments {
  std::string recipe = {};
  std::string root = {};
  std::string objects_root = {};
  std::string output = {};
  std::optional<std::string> shard = std::nullopt;
  int64_t limit = 0;
  int64_t workers = 1;
  bool retry_failed = false;
  std::string timings = {};
  bool dry_run = false;
  bool json = false;
  bool slurm = false;
  bool submit = false;
  int64_t slurm_tasks = 4;
  std::optional<std::string> inpainter = std::nullopt;
  std::optional<std::string> segmenter = std::nullopt;
  std::optional<std::string> dtype = std::nullopt;
  std::string device = "auto";
  int64_t threads = 2;
  int64_t claim_timeout = 120;
  std::string worker = {};

  static constexpr auto fields() {
    using T = GenerateArguments;
    return std::tuple{
        field("recipe", &T::recipe, "a recipe that ships with situ, or a YAML file"),
        field("root", &T::root, "folder of the dataset that the recipe starts from"),
        field("objects_root", &T::objects_root,
              "stitch: folder of the dataset that objects are cut out of"),
        field("output", &T::output, "folder of the new dataset; a run in it is gone on with"),
        field("shard", &T::shard, "i/n: make this share alone, from 0"),
        field("limit", &T::limit, "make the plan's first samples only; 0 = all"),
        field("workers", &T::workers, "processes on this machine [1 to 1024]"),
        field("retry_failed", &T::retry_failed, "make the samples again that failed"),
        field("timings", &T::timings,
              "also write how long each sample took to this file, for situ report --timings"),
        field("dry_run", &T::dry_run,
              "print the plan; make one sample, throw it away, and estimate time and disk"),
        field("json", &T::json, "print the plan or the result as JSON"),
        field("slurm", &T::slurm, "write a job array of Slurm to <output>.sbatch instead"),
        field("submit", &T::submit, "with --slurm: submit it"),
        field("slurm_tasks", &T::slurm_tasks, "with --slurm: tasks of the array [1 to 10000]"),
        field("inpainter", &T::inpainter, "in place of the recipe's"),
        field("segmenter", &T::segmenter, "in place of the recipe's"),
        field("dtype", &T::dtype, "in place of the recipe's"),
        field("device", &T::device, "auto, cpu, cuda or cuda:N"),
        field("threads", &T::threads,
              "threads a worker; on the CPU a part of what the dataset is, since sums depend on it "
              "in their last bits: for more speed take more workers [1 to 1024]"),
        field("claim_timeout", &T::claim_timeout,
              "seconds without a sign of life after which a worker's share is taken over "
              "[5 to 86400]"),
        field("worker", &T::worker, "i/n: one of n workers (set by --workers)"),
    };
  }

  void validate() const {
    constexpr int64_t kMostWorkers = 1024;
    constexpr int64_t kMostTasks = 10000;
    constexpr int64_t kDay = 86400;
    if (recipe.empty()) throw std::invalid_argument("--recipe: expected a recipe: name one");
    if (root.empty()) throw std::invalid_argument("--root: expected the source dataset's folder");
    if (output.empty() && !dry_run) {
      throw std::invalid_argument("--output: expected a folder for the new dataset");
    }
    require_option(limit >= 0, "limit", limit, "0 or more");
    require_option(workers >= 1 && workers <= kMostWorkers, "workers", workers, "in [1, 1024]");
    require_option(threads >= 1 && threads <= kMostWorkers, "threads", threads, "in [1, 1024]");
    require_option(slurm_tasks >= 1 && slurm_tasks <= kMostTasks, "slurm_tasks", slurm_tasks,
                   "in [1, 10000]");
    require_option(claim_timeout >= 5 && claim_timeout <= kDay, "claim_timeout", claim_timeout,
                   "in [5, 86400]");
    if (submit && !slurm) throw std::invalid_argument("--submit: expected --slurm with it");
  }
};

using Flags = OptionFlags<GenerateArguments>;

std::vector<std::string> worker_arguments(const GenerateArguments& arguments) {
  std::vector<std::string> all{"generate",
                               "--recipe",
                               arguments.recipe,
                               "--root",
                               arguments.root,
                               "--output",
                               arguments.output,
                               "--device",
                               arguments.device,
                               "--limit",
                               std::to_string(arguments.limit),
                               "--claim-timeout",
                               std::to_string(arguments.claim_timeout)};
  if (arguments.shard) all.insert(all.end(), {"--shard", *arguments.shard});
  if (!arguments.objects_root.empty()) {
    all.insert(all.end(), {"--objects-root", arguments.objects_root});
  }
  if (arguments.inpainter) all.insert(all.end(), {"--inpainter", *arguments.inpainter});
  if (arguments.segmenter) all.insert(all.end(), {"--segmenter", *arguments.segmenter});
  if (arguments.dtype) all.insert(all.end(), {"--dtype", *arguments.dtype});
  if (arguments.retry_failed) all.emplace_back("--retry-failed");
  if (!arguments.timings.empty()) all.insert(all.end(), {"--timings", arguments.timings});
  all.insert(all.end(), {"--threads", std::to_string(arguments.threads)});
  return all;
}

GenerationSettings settings_of(const GenerateArguments& arguments) {
  GenerationSettings settings;
  settings.first =
      arguments.worker.empty() ? shard_of_environment() : parse_shard(arguments.worker);
  if (arguments.shard) settings.only = parse_shard(*arguments.shard);
  settings.limit = arguments.limit;
  settings.retry_failed = arguments.retry_failed;
  settings.claim_timeout = std::chrono::seconds(arguments.claim_timeout);
  return settings;
}

void print_summary(const GenerationSummary& summary, const GenerateArguments& arguments) {
  const SampleCounts& counts = summary.counts;
  if (arguments.json) {
    std::cout
        << nlohmann::ordered_json{{"output", arguments.output},  {"complete", summary.complete},
                                  {"samples", summary.samples},  {"made", summary.made},
                                  {"inserted", counts.inserted}, {"rejected", counts.rejected},
                                  {"no_room", counts.no_room},   {"failed", counts.failed}}
               .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
        << "\n";
    return;
  }
  std::cout << arguments.output << ": " << counts.total() << " of " << summary.samples
            << " samples done, " << summary.made << " of them now: " << counts.inserted
            << " inserted, " << counts.rejected << " rejected, " << counts.no_room
            << " without room, " << counts.failed << " failed\n";
  if (!summary.complete) {
    std::cout << "the other shards are not done: run the rest, or the same without --shard\n";
  }
}

int finish(const GenerationSummary& summary, const GenerateArguments& arguments) {
  if (arguments.worker.empty()) print_summary(summary, arguments);
  return summary.counts.failed > 0 ? kFinishedWithFailures : kDone;
}

int run_with_workers(const GenerateArguments& arguments) {
  if (run_workers(worker_arguments(arguments), arguments.workers) == 0) {
    log_error("no worker ended well: what is done remains, run the same command to go on");
    return kFailed;
  }
  DatasetFolder folder(arguments.output);
  if (arguments.shard && !folder.is_complete(1, false)) {
    std::cout << "the other shards are not done: run the rest, or the same without --shard\n";
    return kDone;
  }
  const SampleCounts counts = folder.counts();
  return finish({.complete = true, .samples = counts.total(), .made = 0, .counts = counts},
                arguments);
}

// Times are an extra: a disk that is full for them makes no sample fail.
void keep_time(const SampleTime& time, std::optional<SampleTimeWriter>& times) {
  try {
    times->add(time);
  } catch (const FileError& error) {
    log_warning(std::string(error.what()) + "; no more times are kept");
    times.reset();
  }
}

int generate(const Flags& flags) {
  GenerateArguments arguments;
  flags.apply(arguments);
  arguments.validate();
  GenerationSettings settings = settings_of(arguments);
  const c10::Device device = parse_device(arguments.device);
  Recipe recipe = load_recipe(find_recipe(arguments.recipe), {.inpainter = arguments.inpainter,
                                                              .segmenter = arguments.segmenter,
                                                              .dtype = arguments.dtype});
  const Dataset dataset = open_dataset(recipe.source.dataset, arguments.root, recipe.source.split,
                                       {.labels = recipe.source.labels});
  if (arguments.slurm) {
    return write_slurm_job(worker_arguments(arguments), arguments.output, arguments.slurm_tasks,
                           arguments.submit);
  }
  if (arguments.workers > 1 && !arguments.dry_run) return run_with_workers(arguments);

  set_thread_count(static_cast<int>(arguments.threads));
  prepare_to_run_networks();
  std::vector<std::string> left_out;
  const auto method = load_generation_method(recipe, arguments.objects_root, device, left_out);
  if (!left_out.empty() && arguments.worker.empty()) {
    log_warning("the models do not know " + listed(left_out) + ": left out");
  }
  const GenerationPlan plan(recipe, dataset);
  std::optional<SampleTimeWriter> times;
  if (!arguments.timings.empty() && !arguments.dry_run) times.emplace(arguments.timings);
  const SampleMaker make = [&](const PlannedSample& planned, const SampleSource& source) {
    const auto start = std::chrono::steady_clock::now();
    MadeSample made = method->make(planned, source);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (times) keep_time({planned.id, taken.count()}, times);
    return made;
  };
  if (arguments.dry_run) {
    print_estimate(plan, arguments.limit, make, arguments.json, std::cout);
    return kDone;
  }
  std::optional<Progress> progress;
  settings.progress = [&](int64_t done, int64_t total) {
    if (!arguments.worker.empty()) return;
    if (!progress) progress.emplace("sample", total);
    progress->update(done);
  };
  const GenerationSummary summary =
      run_generation(plan, generation_identity(plan, method->identity(), device, arguments.threads),
                     arguments.output, make, settings);
  if (progress) progress->clear_line();
  return finish(summary, arguments);
}

}  // namespace

void add_generate_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "generate", "turn a dataset into a new one by a recipe; can be killed and resumed");
  const auto flags = std::make_shared<Flags>(*command, "Options");
  command->callback([flags, &exit_code] { exit_code = generate(*flags); });
}

}  // namespace situ
