// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "situ/core/options.h"
#include "situ/datasets/label_set.h"
#include "situ/pipeline/object_insertion.h"
#include "situ/tasks/text_detector.h"

namespace situ {

/// Which images of a split a recipe takes.
enum class SubsetChoice {
  kFirst,   ///< the first by id
  kRandom,  ///< drawn with the recipe's seed
  kPoc,     ///< the beginning of NumPy's permutation of seed 0, as the original code draws
};

template <>
struct EnumNames<SubsetChoice> {
  static constexpr std::array<std::pair<SubsetChoice, const char*>, 3> table{{
      {SubsetChoice::kFirst, "first"},
      {SubsetChoice::kRandom, "random"},
      {SubsetChoice::kPoc, "poc"},
  }};
};

/// The images that a recipe starts from.
struct RecipeSource {
  std::string dataset = {};
  std::string split = {};
  std::string labels = {};
  int64_t count = 0;
  SubsetChoice choice = SubsetChoice::kFirst;

  static constexpr auto fields() {
    using T = RecipeSource;
    return std::tuple{
        field("dataset", &T::dataset, "kind of dataset: cityscapes, camvid, folder, …"),
        field("split", &T::split, "split of the dataset; empty = its first"),
        field("labels", &T::labels, "numbering of its labels; empty = its own"),
        field("count", &T::count, "how many images of the split; 0 = all"),
        field("choice", &T::choice, "which: first, random or poc (the original's draw)"),
    };
  }
};

/// Which object goes into which image.
enum class Assignment {
  kIndependent,  ///< drawn for each image alone: other images change nothing
  kBalanced,     ///< the object that is furthest behind its weight comes next
  kPoc,          ///< the original's draw: NumPy's permutation of seed 1, anew in each folder
};

template <>
struct EnumNames<Assignment> {
  static constexpr std::array<std::pair<Assignment, const char*>, 3> table{{
      {Assignment::kIndependent, "independent"},
      {Assignment::kBalanced, "balanced"},
      {Assignment::kPoc, "poc"},
  }};
};

/// What the label of an inserted object is.
enum class LabelPolicy {
  kClass,  ///< its class's id
  kOod,    ///< one id for everything that is out of distribution
};

template <>
struct EnumNames<LabelPolicy> {
  static constexpr std::array<std::pair<LabelPolicy, const char*>, 2> table{{
      {LabelPolicy::kClass, "class"},
      {LabelPolicy::kOod, "ood"},
  }};
};

/// How many pictures are made and how they are labelled.
struct RecipePlan {
  int64_t seed = 1;
  int64_t variants = 1;
  int64_t objects_per_picture = 1;
  Assignment assignment = Assignment::kIndependent;
  LabelPolicy label_policy = LabelPolicy::kClass;
  int64_t ood_id = 254;
  std::string prompt_template = "A good photo of {}";
  bool skip_unknown = false;

  static constexpr auto fields() {
    using T = RecipePlan;
    return std::tuple{
        field("seed", &T::seed, "another seed gives another dataset [0 or more]"),
        field("variants", &T::variants,
              "pictures made of each image, each with other objects [1 to 1000]"),
        field("objects_per_picture", &T::objects_per_picture, "objects a picture [1 to 64]"),
        field("assignment", &T::assignment, "which object goes where: independent, balanced, poc"),
        field("label_policy", &T::label_policy,
              "label of an object: class (its id) or ood (ood_id where it is out of distribution)"),
        field("ood_id", &T::ood_id, "label of the policy ood [0 to 65535]"),
        field("prompt_template", &T::prompt_template,
              "what is painted: {} = the prompt with its article, {object} = as it is"),
        field("skip_unknown", &T::skip_unknown,
              "leave out what the models do not know, instead of refusing the recipe"),
    };
  }
};

/// How an object comes into a picture.
enum class MethodKind {
  kPoc,              ///< inpainted in context
  kStitch,           ///< cut out of another dataset and pasted
  kTextToImageFull,  ///< a picture made from text, pasted whole
  kTextToImageCrop,  ///< only the object of such a picture
};

template <>
struct EnumNames<MethodKind> {
  static constexpr std::array<std::pair<MethodKind, const char*>, 4> table{{
      {MethodKind::kPoc, "poc"},
      {MethodKind::kStitch, "stitch"},
      {MethodKind::kTextToImageFull, "t2i-full"},
      {MethodKind::kTextToImageCrop, "t2i-crop"},
  }};
};

/// What is cut out of an image for stitching.
enum class StitchedUnit { kImage, kInstance };

template <>
struct EnumNames<StitchedUnit> {
  static constexpr std::array<std::pair<StitchedUnit, const char*>, 2> table{{
      {StitchedUnit::kImage, "image"},
      {StitchedUnit::kInstance, "instance"},
  }};
};

/// The method and what it alone needs.
struct RecipeMethod {
  MethodKind kind = MethodKind::kPoc;
  std::string objects = "coco";
  std::string objects_split = {};
  StitchedUnit unit = StitchedUnit::kImage;
  std::vector<std::string> exclude = {};
  int64_t min_image_side = 480;
  std::vector<double> scales = {1};
  int64_t min_object_area = 30;
  int64_t paste_margin = 50;

  static constexpr auto fields() {
    using T = RecipeMethod;
    return std::tuple{
        field("kind", &T::kind, "poc, stitch, t2i-full or t2i-crop"),
        field("objects", &T::objects, "stitch: kind of the dataset that objects are cut out of"),
        field("objects_split", &T::objects_split, "stitch: its split; empty = its first"),
        field("unit", &T::unit, "stitch: all things of an image together, or one instance"),
        field("exclude", &T::exclude, "stitch: images with one of these classes are passed over"),
        field("min_image_side", &T::min_image_side, "stitch: smallest side of an image [px]"),
        field("scales", &T::scales, "stitch: one of these is drawn for each object"),
        field("min_object_area", &T::min_object_area,
              "t2i: an object of no more pixels is rejected [px]"),
        field("paste_margin", &T::paste_margin, "t2i: distance from the image's border [px]"),
    };
  }
};

/// The models of a run. What they compute with is not part of a recipe.
struct RecipeModels {
  std::string inpainter = "mini";
  std::string segmenter = "mini";
  std::string text_to_image = {};
  std::string dtype = "float32";

  static constexpr auto fields() {
    using T = RecipeModels;
    return std::tuple{
        field("inpainter", &T::inpainter, "as for situ insert"),
        field("segmenter", &T::segmenter, "as for situ insert"),
        field("text_to_image", &T::text_to_image, "as for situ imagine; for t2i-full and t2i-crop"),
        field("dtype", &T::dtype, "float32, float16 or bfloat16"),
    };
  }
};

/// Where objects may be: anywhere, on what a prompt finds, or on these label ids.
struct PlaceLabels {
  std::vector<int64_t> ids;
};
using Place = std::variant<Everywhere, LocationPrompt, PlaceLabels>;

/// A part of an object that has a label of its own: the rider of a bicycle.
struct ObjectPart {
  std::string find;  ///< what the segmenter looks for
  int64_t id = 0;    ///< its label
};

/// One kind of object.
struct RecipeObject {
  std::string name;
  std::vector<ObjectPart> parts;     ///< the object first, then what may come with it
  std::vector<std::string> prompts;  ///< painted, one drawn for each picture; never empty
  double weight = 1;
  bool new_class = true;  ///< its id is none of the dataset's labels
  bool ood = true;        ///< and it is out of distribution
  Place place;
  InsertionOptions insertion;
};

/// The id for pixels without a label: 255, or what the set has for them. Throws
/// std::invalid_argument where it has none.
int64_t unlabelled_id(const LabelSet& labels);

/// The label that a part of an object gets.
int64_t label_of(const RecipeObject& object, const ObjectPart& part, const RecipePlan& plan);

/// Everything that decides what a dataset is: docs/formats/recipe.md.
struct Recipe {
  std::string name;
  std::string description;
  RecipeSource source;
  RecipePlan plan;
  RecipeMethod method;
  RecipeModels models;
  DetectionOptions detection = {};  ///< of a grounded segmenter; others have none
  std::vector<int64_t> avoid;       ///< label ids whose pixels stay as they are
  std::vector<int64_t> ground;  ///< label ids whose highest row is an image's horizon; may be empty
  std::vector<RecipeObject> objects;
  LabelSet labels;  ///< of the source, with the objects' new classes
};

/// The models that a recipe names, before anything else of it is read: what is best for them are
/// the defaults of the rest.
RecipeModels recipe_models(const nlohmann::json& json, const std::string& where);

/// Reads a recipe. defaults: of the options under `insertion`. where: "recipes/cs-poc.yaml". Throws
/// std::invalid_argument, naming the key, for anything unknown, of the wrong type or out of bounds;
/// for a class that the label set does not have, an id that stands for two classes, and new ids
/// that the set has already.
Recipe recipe_from_json(const nlohmann::json& json, const InpaintingOptions& defaults,
                        const std::string& where);

/// All ids that the labels of the recipe's dataset may hold, as dataset.json lists them.
nlohmann::ordered_json labels_to_json(const Recipe& recipe);

/// The whole recipe as a value: what makes two runs the same run.
nlohmann::ordered_json recipe_to_json(const Recipe& recipe);

}  // namespace situ
