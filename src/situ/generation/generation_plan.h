// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "situ/datasets/dataset.h"
#include "situ/generation/recipe.h"

namespace situ {

/// One object of a planned picture.
struct PlannedInsertion {
  const RecipeObject* object = nullptr;
  std::string prompt;  ///< what is painted, whole: "A good photo of a dog"
};

/// One picture to make.
struct PlannedSample {
  int64_t index = 0;  ///< in the plan
  std::string id;     ///< "<image id>#<variant>": what its random numbers come from
  const Sample* source = nullptr;
  int64_t variant = 0;  ///< from 0
  std::vector<PlannedInsertion> objects;

  std::string image;      ///< where the picture goes, relative to the output folder, and so on
  std::string labels;     ///< empty where the source has none
  std::string instances;  ///< which object each pixel belongs to
  std::string anomaly;    ///< 0, 1 = out of distribution, 255 = ignored
};

/// A hash of the ids, images and labels of these samples of a dataset.
std::string listing_sha256(const Dataset& dataset, std::span<const uint32_t> samples);

/// What a recipe makes of a dataset: a pure function of both. Which objects go where is held in a
/// few bytes a picture, the rest is made when it is asked for; a million pictures are planned in
/// seconds.
class GenerationPlan {
 public:
  /// Both are the caller's and must live. Throws std::invalid_argument where the recipe asks for
  /// more images than there are, or for more different objects in an image than it has.
  GenerationPlan(const Recipe& recipe, const Dataset& dataset);

  int64_t size() const { return images() * recipe_.plan.variants; }
  int64_t images() const { return static_cast<int64_t>(chosen_.size()); }
  const Recipe& recipe() const { return recipe_; }
  const Dataset& dataset() const { return dataset_; }

  /// Pictures of one image have neighbouring indices. Throws std::out_of_range.
  PlannedSample sample(int64_t index) const;

  /// How many pictures each object of the recipe is planned in.
  std::vector<int64_t> object_counts() const;

  /// Of the images that the plan starts from: another listing, another plan.
  std::string listing_sha256() const;

 private:
  int64_t slots_per_image() const {
    return recipe_.plan.variants * recipe_.plan.objects_per_picture;
  }
  void choose_images();
  void assign_independently();
  void assign_balanced();
  void assign_as_original();

  const Recipe& recipe_;
  const Dataset& dataset_;
  std::vector<uint32_t> chosen_;   // images, as indices of the dataset's samples
  std::vector<uint16_t> objects_;  // for each image its slots, variant by variant
  std::vector<uint16_t> prompts_;  // likewise
};

}  // namespace situ
