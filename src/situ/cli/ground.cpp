// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "situ/backends/registry.h"
#include "situ/cli/command.h"
#include "situ/cli/ground_plan.h"
#include "situ/cli/option_flags.h"
#include "situ/cli/run_ground.h"
#include "situ/core/device.h"

namespace situ {
namespace {

/// What was given on the command line.
struct GroundFlags {
  explicit GroundFlags(CLI::App& app)
      : arguments(app, "What and with which models"), detection(app, "Detector") {
    app.add_option("image,--image", images, "PNG, JPEG or WebP files, or folders of them")
        ->required();
    app.add_option("--output", output, "folder for the results, made where it does not exist")
        ->capture_default_str()
        ->group("Results");
    app.add_flag("--json", run.json, "print the records instead of lines")->group("Results");
    app.add_flag("--overwrite", run.overwrite, "make again what is there and up to date")
        ->group("Results");
  }

  std::vector<std::filesystem::path> images;
  std::filesystem::path output = "out";
  GroundRun run;
  OptionFlags<GroundArguments> arguments;
  OptionFlags<DetectionOptions> detection;
};

int ground(const GroundFlags& flags) {
  GroundSettings settings;
  flags.arguments.apply(settings.arguments);
  flags.detection.apply(settings.detection);
  const GroundPlan plan = make_ground_plan(flags.images, settings, flags.output);
  const GroundArguments& arguments = plan.settings.arguments;
  set_thread_count(static_cast<int>(arguments.threads));
  prepare_to_run_networks();
  const Compute compute{parse_device(arguments.device), parse_dtype(arguments.dtype)};
  GroundModels models{
      .load_detector = [&] { return make_detector(arguments.detector, compute); },
      .load_segmenter = [&] { return make_promptable_segmenter(arguments.segmenter, compute); }};
  if (plan.needs_detector()) models.detector = identify_detector(arguments.detector);
  if (plan.needs_segmenter()) {
    models.segmenter = identify_promptable_segmenter(arguments.segmenter);
  }
  return run_ground(plan, models, flags.run, std::cout);
}

}  // namespace

void add_ground_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "ground", "find what a text names in images, and outline it (Grounding DINO, SAM)");
  const auto flags = std::make_shared<GroundFlags>(*command);
  command->callback([flags, &exit_code] { exit_code = ground(*flags); });
}

}  // namespace situ
