// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "situ/core/options.h"
#include "situ/training/composition/crop_composer.h"
#include "situ/training/composition/scene_source.h"
#include "situ/training/composition/vocabulary.h"
#include "situ/training/trainer.h"

namespace situ {

/// How the small segmenter is trained.
struct SegmenterTrainingOptions {
  std::vector<int64_t> window_sizes_px = {160, 192, 192, 256, 384};
  double scene_share = 0.5;
  int64_t other_names = 24;
  double autoencoder_share = 0.5;
  double positive_weight = 2.0;
  double road_weight = 4.0;
  double location_weight = 1.0;
  double absent_weight = 0.5;
  double confusion_weight = 8.0;
  double object_weight = 1.0;
  double name_weight = 0.5;
  double color_jitter = 0.25;
  double degraded_share = 0.5;
  double threshold = 0.5;
  int64_t statistics_batches = 16;

  static constexpr auto fields() {
    using T = SegmenterTrainingOptions;
    return std::tuple{
        field("window_sizes", &T::window_sizes_px,
              "sides of the training windows, one drawn a step; multiples of 32 [px]"),
        field("scene_share", &T::scene_share,
              "share of scene windows; the rest are composed crops"),
        field("other_names", &T::other_names, "absent objects asked for in each batch"),
        field("autoencoder_share", &T::autoencoder_share,
              "share of crops that pass through the inpainter's autoencoder, if one is given"),
        field("positive_weight", &T::positive_weight, "weight of named pixels against the others"),
        field("road_weight", &T::road_weight, "weight of the road against another location"),
        field("location_weight", &T::location_weight, "weight of the loss on locations"),
        field("absent_weight", &T::absent_weight,
              "weight of the loss on objects that are not there"),
        field("confusion_weight", &T::confusion_weight,
              "within that, weight of the pixels of another object against the surroundings"),
        field("object_weight", &T::object_weight, "weight of the loss on the object that is there"),
        field("name_weight", &T::name_weight,
              "weight of the loss on telling an object's name from the others"),
        field("color_jitter", &T::color_jitter,
              "greatest relative change of brightness, contrast and saturation"),
        field("degraded_share", &T::degraded_share, "share of blurred, and of noisy, pictures"),
        field("threshold", &T::threshold, "probability from which the model calls a pixel named"),
        field("statistics_batches", &T::statistics_batches,
              "batches from which the saved model's normalisation is measured")};
  }
  /// Throws std::invalid_argument naming the option and its bound.
  void validate() const;
};

/// What the segmenter is trained on; all must outlive the task.
struct SegmenterData {
  const Vocabulary& vocabulary;
  const SceneSource& scenes;
  const CropComposer& composer;
  const SceneSource& held_out_scenes;     // for the sample sheet
  const CropComposer& held_out_composer;  // for the sample sheet
};

/// What the segmenter is built from.
struct SegmenterSetup {
  nlohmann::ordered_json config;           // contents of config.json; end_of_text_id and
                                           // text.vocab_size are taken from the tokenizer
  std::filesystem::path tokenizer_folder;  // copied into the model
  std::optional<std::filesystem::path> autoencoder_folder;  // a vae/ folder
};

/// Trains the PromptSegmenter on scenes with labelled locations and on composed crops with known
/// objects, with binary cross entropy and, for the objects, soft Dice (Milletari et al. 2016) and
/// cross entropy between the names of the batch. The model folder holds config.json,
/// model.safetensors (half precision, running statistics in float32), tokenizer/ and
/// vocabulary.json. Throws DataError or FileError for a broken setup.
std::unique_ptr<TrainingTask> make_segmenter_training(const SegmenterData& data,
                                                      const SegmenterSetup& setup,
                                                      const SegmenterTrainingOptions& options);

}  // namespace situ
