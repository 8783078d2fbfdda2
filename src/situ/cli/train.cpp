// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>

#include "situ/cli/command.h"
#include "situ/core/device.h"
#include "situ/core/errors.h"
#include "situ/core/logging.h"
#include "situ/io/yaml_file.h"
#include "situ/training/autoencoder_training.h"
#include "situ/training/composition/crop_composer.h"
#include "situ/training/composition/cutout_source.h"
#include "situ/training/composition/scene_source.h"
#include "situ/training/composition/vocabulary.h"
#include "situ/training/inpainter_training.h"
#include "situ/training/segmenter_training.h"
#include "situ/training/trainer.h"

namespace situ {
namespace {

struct TrainArguments {
  std::filesystem::path config;
  std::filesystem::path data;
  std::filesystem::path run;
  std::filesystem::path autoencoder;
  int threads = 0;
};

/// The part of a recipe under `key`, as options over their defaults.
template <HasFields Options>
Options options_at(const nlohmann::json& recipe, const char* key, const std::string& file) {
  Options options;
  if (const auto found = recipe.find(key); found != recipe.end()) {
    options_from_json(*found, options, file + ": " + key);
  }
  return options;
}

const nlohmann::json& table_at(const nlohmann::json& recipe, const char* key,
                               const std::string& file) {
  const auto found = recipe.find(key);
  if (found == recipe.end()) throw DataError(file, std::string("lacks ") + key);
  return *found;
}

/// Paths in a recipe are relative to it.
std::filesystem::path path_at(const nlohmann::json& recipe, const char* key,
                              const std::filesystem::path& file) {
  const nlohmann::json& value = table_at(recipe, key, file);
  if (!value.is_string()) throw DataError(file, std::string(key) + ": expected a path");
  return file.parent_path() / value.get<std::string>();
}

/// The vocabulary, or the part of it that the recipe lists under `names`.
Vocabulary vocabulary_of(const nlohmann::json& recipe, const std::filesystem::path& file) {
  Vocabulary all = load_vocabulary(path_at(recipe, "vocabulary", file));
  const auto wanted = recipe.find("names");
  if (wanted == recipe.end()) return all;
  Vocabulary part;
  for (const nlohmann::json& name : *wanted) {
    const auto index = name.is_string() ? all.find(name.get<std::string>()) : std::nullopt;
    if (!index) throw DataError(file, "names: " + name.dump() + " is not in the vocabulary");
    part.names.push_back(all.names[*index]);
  }
  return part;
}

/// A recipe whose version this program knows.
nlohmann::json load_recipe(const std::filesystem::path& path) {
  nlohmann::json recipe = load_yaml(path);
  if (!recipe.is_object() || recipe.value("format", nlohmann::json()) != 1) {
    throw DataError(path, "expected a recipe of format 1");
  }
  return recipe;
}

/// What crops are composed from, kept alive together.
struct Composition {
  Composition(const nlohmann::json& recipe, const TrainArguments& arguments,
              SceneSplit scene_split = SceneSplit::kTrain,
              CutoutSplit cutout_split = CutoutSplit::kTrain)
      : vocabulary(vocabulary_of(recipe, arguments.config)),
        scenes(SceneSource::load(arguments.data, scene_split)),
        cutouts(CutoutSource::load(arguments.data, vocabulary, cutout_split)),
        composer(scenes, cutouts,
                 options_at<CompositionOptions>(recipe, "composition", arguments.config)) {}
  Vocabulary vocabulary;
  SceneSource scenes;
  CutoutSource cutouts;
  CropComposer composer;
};

std::vector<InpainterObject> objects_of(const CutoutSource& cutouts) {
  std::vector<InpainterObject> objects;
  for (const VocabularyName& name : cutouts.vocabulary().names) {
    InpainterObject object{.phrases = {name.name}, .airborne = name.airborne};
    object.phrases.insert(object.phrases.end(), name.phrases.begin(), name.phrases.end());
    // Only rendered ones: their licence lets them go with the model.
    for (const Cutout& cutout : cutouts.rendered(static_cast<int64_t>(objects.size()))) {
      object.cutouts.push_back(cutout.premultiplied);
    }
    objects.push_back(std::move(object));
  }
  return objects;
}

// First the autoencoder, then the denoiser in its latents; both resume.
void train_inpainter(const nlohmann::json& recipe, const TrainArguments& arguments) {
  const std::string file = arguments.config;
  const Composition data(recipe, arguments);
  const nlohmann::json& autoencoder = table_at(recipe, "autoencoder", file);
  const nlohmann::json& denoiser = table_at(recipe, "denoiser", file);

  log_info("stage 1 of 2: the autoencoder");
  const std::filesystem::path autoencoder_run = arguments.run / "autoencoder";
  const auto autoencoder_task =
      make_autoencoder_training(data.composer, table_at(autoencoder, "vae", file));
  train(*autoencoder_task, options_at<TrainingOptions>(autoencoder, "training", file),
        autoencoder_run);

  log_info("stage 2 of 2: the denoiser");
  const InpainterSetup setup{.autoencoder_folder = autoencoder_run / "model" / "vae",
                             .tokenizer_folder = path_at(recipe, "tokenizer", arguments.config),
                             .unet_config = table_at(denoiser, "unet", file),
                             .text_encoder_config = table_at(denoiser, "text_encoder", file),
                             .scheduler_config = table_at(denoiser, "scheduler", file),
                             .objects = objects_of(data.cutouts)};
  const auto denoiser_task = make_inpainter_training(
      data.composer, setup, options_at<InpainterTrainingOptions>(denoiser, "loss", file));
  train(*denoiser_task, options_at<TrainingOptions>(denoiser, "training", file),
        arguments.run / "denoiser");
  log_info("the model is in " + (arguments.run / "denoiser" / "model").string());
}

void train_segmenter(const nlohmann::json& recipe, const TrainArguments& arguments) {
  const std::string file = arguments.config;
  const Composition data(recipe, arguments);
  const Composition held_out(recipe, arguments, SceneSplit::kEvaluate, CutoutSplit::kHeldOut);
  SegmenterSetup setup{.config = table_at(recipe, "network", file),
                       .tokenizer_folder = path_at(recipe, "tokenizer", arguments.config),
                       .autoencoder_folder = std::nullopt};
  if (!arguments.autoencoder.empty()) setup.autoencoder_folder = arguments.autoencoder;
  const auto task = make_segmenter_training(
      {.vocabulary = data.vocabulary,
       .scenes = data.scenes,
       .composer = data.composer,
       .held_out_scenes = held_out.scenes,
       .held_out_composer = held_out.composer},
      setup, options_at<SegmenterTrainingOptions>(recipe, "segmenter", file));
  train(*task, options_at<TrainingOptions>(recipe, "training", file), arguments.run);
  log_info("the model is in " + (arguments.run / "model").string());
}

CLI::App* add_kind(CLI::App& train, const char* kind, const char* help, TrainArguments& arguments) {
  CLI::App* command = train.add_subcommand(kind, help);
  command->add_option("--config", arguments.config, "the recipe (YAML)")->required();
  command
      ->add_option("--data", arguments.data, "folder with camvid/, idd_lite/, emoji_3d/ and so on")
      ->required();
  command
      ->add_option(
          "--run", arguments.run,
          "folder for snapshots, logs, samples and the model; an unfinished run there resumes")
      ->required();
  command->add_option("--threads", arguments.threads, "threads; 0: one a core");
  return command;
}

}  // namespace

void add_train_command(CLI::App& program, int& exit_code) {
  CLI::App* train =
      program.add_subcommand("train", "train the small models, resuming where a run ended");
  train->require_subcommand(1);
  const auto arguments = std::make_shared<TrainArguments>();
  CLI::App* inpainter =
      add_kind(*train, "inpainter", "autoencoder, text encoder and denoiser", *arguments);
  inpainter->callback([arguments, &exit_code] {
    set_thread_count(arguments->threads);
    prepare_to_run_networks();
    train_inpainter(load_recipe(arguments->config), *arguments);
    exit_code = kDone;
  });
  CLI::App* segmenter =
      add_kind(*train, "segmenter", "image and text encoder of the segmenter", *arguments);
  segmenter->add_option("--autoencoder", arguments->autoencoder,
                        "vae/ folder of the inpainter whose pictures will be segmented");
  segmenter->callback([arguments, &exit_code] {
    set_thread_count(arguments->threads);
    prepare_to_run_networks();
    train_segmenter(load_recipe(arguments->config), *arguments);
    exit_code = kDone;
  });
}

}  // namespace situ
