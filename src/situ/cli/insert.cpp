// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/backends/autoencoder_files.h"
#include "situ/backends/registry.h"
#include "situ/cli/command.h"
#include "situ/cli/insert_inputs.h"
#include "situ/cli/insert_plan.h"
#include "situ/cli/insert_settings.h"
#include "situ/cli/insertion_outputs.h"
#include "situ/cli/model_options.h"
#include "situ/cli/option_flags.h"
#include "situ/cli/run_insert.h"
#include "situ/core/device.h"
#include "situ/core/logging.h"
#include "situ/io/yaml_file.h"

namespace situ {
namespace {

/// What was given on the command line.
struct InsertFlags {
  explicit InsertFlags(CLI::App& app)
      : arguments(app, "What and where"),
        run(app, "Results"),
        insertion(app, "Attempts"),
        region(app, "Region"),
        crop(app, "Crop"),
        inpainting(app, "Inpainting"),
        annotation(app, "Annotation"),
        blending(app, "Blending"),
        detection(app, "Detection by a grounded segmenter", {}, kDetectionPrefix) {
    app.add_option("image", images, "PNG, JPEG or WebP files")->required();
    app.add_option("--config", config, "options from a YAML file; flags win")->group("Results");
  }

  std::vector<std::filesystem::path> images;
  std::filesystem::path config;
  OptionFlags<InsertArguments> arguments;
  OptionFlags<InsertRunArguments> run;
  OptionFlags<InsertionOptions> insertion;
  OptionFlags<RegionOptions> region;
  OptionFlags<CropOptions> crop;
  OptionFlags<InpaintingOptions> inpainting;
  OptionFlags<AnnotationOptions> annotation;
  OptionFlags<BlendingOptions> blending;
  OptionFlags<DetectionOptions> detection;
};

// A place on the command line replaces the configuration's place, whatever its kind.
void let_flags_choose_location(const InsertFlags& flags, InsertArguments& arguments) {
  InsertArguments given;
  flags.arguments.apply(given);
  if (location_count(given) == 0) return;
  arguments.location.reset();
  arguments.valid_mask.reset();
  arguments.valid_labels.reset();
  arguments.anywhere = false;
}

// What the configuration and the flags say, over these defaults.
InsertSettings settings_over(const InpaintingOptions& defaults, const nlohmann::json& config,
                             const InsertFlags& flags) {
  InsertSettings settings;
  settings.insertion.inpainting = defaults;
  settings_from_json(config, settings, flags.config.string());
  let_flags_choose_location(flags, settings.arguments);
  flags.arguments.apply(settings.arguments);
  flags.insertion.apply(settings.insertion);
  flags.region.apply(settings.insertion.region);
  flags.crop.apply(settings.insertion.crop);
  flags.inpainting.apply(settings.insertion.inpainting);
  flags.annotation.apply(settings.insertion.annotation);
  flags.blending.apply(settings.insertion.blending);
  flags.detection.apply(settings.detection);
  return settings;
}

// The same over what the inpainter that they choose works best with.
InsertSettings settings_of(const InsertFlags& flags) {
  const nlohmann::json config = flags.config.empty() ? nlohmann::json() : load_yaml(flags.config);
  const InsertArguments chosen = settings_over({}, config, flags).arguments;
  return settings_over(inpainting_defaults(chosen.inpainter, chosen.variant.value_or("")), config,
                       flags);
}

DiffusionModelOptions reading_of(const InsertArguments& arguments) {
  DiffusionModelOptions reading;
  reading.variant = arguments.variant.value_or("");
  for (const std::string& lora : arguments.lora) reading.loras.push_back(lora_from(lora));
  if (arguments.vae) reading.vae = autoencoder_path(*arguments.vae, reading.variant);
  return reading;
}

ModelIdentities identities_of(const InsertArguments& arguments,
                              const DiffusionModelOptions& reading) {
  ModelIdentities identities{.inpainter = identify_inpainter(arguments.inpainter, reading.variant),
                             .segmenter = identify_segmenter(arguments.segmenter)};
  for (std::size_t i = 0; i < reading.loras.size(); ++i) {
    identities.loras.push_back(identify_model(reading.loras[i].path));
    identities.loras.back().name = arguments.lora[i];
  }
  if (arguments.vae) {
    identities.vae = identify_autoencoder(reading.vae);
    identities.vae->name = *arguments.vae;
  }
  return identities;
}

int insert(const InsertFlags& flags) {
  InsertRunArguments run;
  flags.run.apply(run);
  const InsertPlan plan = make_insert_plan(flags.images, settings_of(flags), run.output);
  const InsertArguments& arguments = plan.settings.arguments;
  const ResultFormat format = run.json ? ResultFormat::kJson : ResultFormat::kLines;
  require_detector(arguments.segmenter, plan.settings.detection);

  const std::vector<CheckedImage> images = check_inputs(plan);
  bool usable = false;
  bool failed = false;
  for (const CheckedImage& one : images) {
    (one.problem.empty() ? usable : failed) = true;
    if (!one.problem.empty()) log_error(one.problem);
  }
  if (!usable) {
    print_failed(images, format, std::cout);
    return kFailed;
  }
  const DiffusionModelOptions reading = reading_of(arguments);
  const ModelIdentities identities = identities_of(arguments, reading);
  if (run.dry_run) {
    print_plan(plan, images, identities, format, std::cout);
    return failed ? kFailed : kDone;
  }
  prepare_output_folder(plan);

  set_thread_count(static_cast<int>(arguments.threads));
  prepare_to_run_networks();
  const Compute compute{parse_device(arguments.device), parse_dtype(arguments.dtype)};
  const auto inpainter = make_inpainter(arguments.inpainter, compute, reading);
  const auto segmenter = make_segmenter(arguments.segmenter, compute, plan.settings.detection);
  return run_insert(plan, images, {*inpainter, *segmenter, identities}, format, std::cout);
}

}  // namespace

void add_insert_command(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("insert", "put objects into images, and write the images with labels");
  const auto flags = std::make_shared<InsertFlags>(*command);
  command->callback([flags, &exit_code] { exit_code = insert(*flags); });
}

}  // namespace situ
