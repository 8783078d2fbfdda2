// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/recipe.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/nearest_name.h"
#include "situ/datasets/dataset.h"
#include "situ/generation/recipe_objects.h"

namespace situ {
namespace {

using Json = nlohmann::json;

template <class Options>
Options table_of(const Json& recipe, const char* key, const std::string& where) {
  Options options;
  if (const auto found = recipe.find(key); found != recipe.end()) {
    options_from_json(*found, options, where + ": " + key);
  }
  return options;
}

std::string text_of(const Json& recipe, const char* key, const std::string& where) {
  const auto found = recipe.find(key);
  if (found == recipe.end()) return "";
  if (!found->is_string()) throw std::invalid_argument(where + ": " + key + ": expected a text");
  return found->get<std::string>();
}

void check_plan(const RecipePlan& plan) {
  constexpr int64_t kMostVariants = 1000;
  constexpr int64_t kMostObjects = 64;
  require_option(plan.seed >= 0, "plan: seed", plan.seed, "0 or more");
  require_option(plan.variants >= 1 && plan.variants <= kMostVariants, "plan: variants",
                 plan.variants, "in [1, 1000]");
  require_option(plan.objects_per_picture >= 1 && plan.objects_per_picture <= kMostObjects,
                 "plan: objects_per_picture", plan.objects_per_picture, "in [1, 64]");
  require_option(plan.ood_id >= 0 && plan.ood_id <= kHighestLabelId, "plan: ood_id", plan.ood_id,
                 "in [0, 65535]");
}

void check_method(RecipeMethod& method, const RecipeModels& models) {
  constexpr int64_t kLargestSide = 65535;
  const auto in_pixels = [](const char* name, int64_t value) {
    require_option(value >= 0 && value <= kLargestSide, name, value, "in [0, 65535]");
  };
  in_pixels("method: min_image_side", method.min_image_side);
  in_pixels("method: min_object_area", method.min_object_area);
  in_pixels("method: paste_margin", method.paste_margin);
  if (method.scales.empty()) throw std::invalid_argument("method: scales: expected one or more");
  for (const double scale : method.scales) {
    require_option(scale > 0 && scale <= 16, "method: scales", scale, "in (0, 16]");
  }
  const bool paints =
      method.kind == MethodKind::kTextToImageFull || method.kind == MethodKind::kTextToImageCrop;
  if (paints && models.text_to_image.empty()) {
    throw std::invalid_argument("models: text_to_image: expected a model for the method " +
                                enum_name(method.kind));
  }
  if (method.kind != MethodKind::kStitch) return;
  const DatasetKind& kind = dataset_kind(method.objects);
  if (method.objects_split.empty() && !kind.splits.empty()) {
    method.objects_split = kind.splits.front();
  }
}

// The split and numbering that an empty text stands for.
void complete_source(RecipeSource& source) {
  if (source.dataset.empty()) {
    throw std::invalid_argument("source: expected dataset: cityscapes, camvid, folder, …");
  }
  require_option(source.count >= 0, "source: count", source.count, "0 or more");
  const DatasetKind& kind = dataset_kind(source.dataset);
  if (source.split.empty() && !kind.splits.empty()) source.split = kind.splits.front();
  if (source.labels.empty() && !kind.label_sets.empty()) source.labels = kind.label_sets.front();
}

// The classes that the objects add.
std::vector<LabelClass> new_classes(const std::vector<RecipeObject>& objects,
                                    const LabelSet& labels) {
  std::map<int64_t, std::string> names;
  std::vector<LabelClass> classes;
  for (const RecipeObject& object : objects) {
    if (!object.new_class) continue;
    const int64_t id = object.parts.front().id;
    const auto [known, is_new] = names.emplace(id, object.name);
    const auto throw_taken = [&](const std::string& by) {
      throw std::invalid_argument("objects: '" + object.name + "' has the id " +
                                  std::to_string(id) + ", which " + by);
    };
    if (!is_new) throw_taken("'" + known->second + "' has as well");
    if (const LabelClass* taken = labels.find(id)) {
      throw_taken("is '" + taken->name + "' in " + labels.name());
    }
    if (labels.allows(id)) throw_taken(labels.name() + " ignores");
    const bool name_taken = labels.find(object.name) != nullptr;
    classes.push_back({.id = id,
                       .name = name_taken ? object.name + " (inserted)" : object.name,
                       .color = palette_color(static_cast<int64_t>(classes.size())),
                       .is_thing = true});
  }
  return classes;
}

void check_ood_id(const Recipe& recipe, const LabelSet& labels) {
  if (recipe.plan.label_policy != LabelPolicy::kOod) return;
  if (labels.allows(recipe.plan.ood_id)) {
    throw std::invalid_argument("plan: ood_id: " + std::to_string(recipe.plan.ood_id) +
                                " means something in " + labels.name() + " already");
  }
}

// Each image's own horizon takes the place of a horizon for all.
void check_ground(const Recipe& recipe) {
  if (recipe.ground.empty()) return;
  for (const RecipeObject& one : recipe.objects) {
    if (one.insertion.region.horizon || one.insertion.compat == Compat::kPoc) {
      throw std::invalid_argument("ground: '" + one.name +
                                  "' has a horizon of its own or compat: poc, which exclude it");
    }
  }
}

Json place_to_json(const Place& place) {
  struct Shown {
    Json operator()(const Everywhere&) const { return "anywhere"; }
    Json operator()(const LocationPrompt& one) const { return {{"prompt", one.prompt}}; }
    Json operator()(const PlaceLabels& one) const { return {{"labels", one.ids}}; }
  };
  return std::visit(Shown{}, place);
}

}  // namespace

RecipeModels recipe_models(const Json& json, const std::string& where) {
  if (!json.is_object()) throw std::invalid_argument(where + ": expected a table");
  return table_of<RecipeModels>(json, "models", where);
}

Recipe recipe_from_json(const Json& json, const InpaintingOptions& defaults,
                        const std::string& where) {
  static const std::vector<std::string> kKeys{"name",   "description", "source",    "plan",
                                              "method", "models",      "detection", "place",
                                              "avoid",  "ground",      "insertion", "objects"};
  Recipe recipe;
  recipe.models = recipe_models(json, where);
  for (const auto& [key, value] : json.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      throw std::invalid_argument(where + ": " + unknown_name_message("key", key, kKeys));
    }
  }
  try {
    recipe.name = text_of(json, "name", where);
    if (recipe.name.empty()) throw std::invalid_argument("expected a name");
    recipe.description = text_of(json, "description", where);
    recipe.source = table_of<RecipeSource>(json, "source", "recipe");
    complete_source(recipe.source);
    recipe.plan = table_of<RecipePlan>(json, "plan", "recipe");
    check_plan(recipe.plan);
    recipe.method = table_of<RecipeMethod>(json, "method", "recipe");
    check_method(recipe.method, recipe.models);
    recipe.detection = table_of<DetectionOptions>(json, "detection", "recipe");
    recipe.detection.validate();
    const LabelSet labels =
        recipe.source.labels.empty() ? LabelSet() : find_label_set(recipe.source.labels);
    recipe.objects = objects_from_json(json, labels, defaults);
    recipe.avoid = label_ids_from_json(json.value("avoid", Json::array()), labels, "avoid");
    recipe.ground = label_ids_from_json(json.value("ground", Json::array()), labels, "ground");
    check_ground(recipe);
    recipe.labels = labels.with(new_classes(recipe.objects, labels));
    check_ood_id(recipe, labels);
    if (recipe.method.kind == MethodKind::kTextToImageFull && !recipe.source.labels.empty()) {
      unlabelled_id(labels);
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(where + ": " + error.what());
  }
  return recipe;
}

int64_t unlabelled_id(const LabelSet& labels) {
  if (labels.allows(kNoTrainId)) return kNoTrainId;
  if (!labels.ignore_ids().empty()) return labels.ignore_ids().front();
  for (const LabelClass& one : labels.classes()) {
    if (one.ignored) return one.id;
  }
  throw std::invalid_argument("method: t2i-full leaves pixels unlabelled, which " + labels.name() +
                              " has no id for");
}

int64_t label_of(const RecipeObject& object, const ObjectPart& part, const RecipePlan& plan) {
  return object.ood && plan.label_policy == LabelPolicy::kOod ? plan.ood_id : part.id;
}

nlohmann::ordered_json labels_to_json(const Recipe& recipe) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (const LabelClass& one : recipe.labels.classes()) {
    classes.push_back({{"id", one.id},
                       {"name", one.name},
                       {"color", {one.color.r, one.color.g, one.color.b}},
                       {"thing", one.is_thing},
                       {"ignored", one.ignored}});
  }
  if (recipe.plan.label_policy == LabelPolicy::kOod) {
    classes.push_back({{"id", recipe.plan.ood_id},
                       {"name", "out of distribution"},
                       {"color", {255, 102, 0}},
                       {"thing", true},
                       {"ignored", false}});
  }
  return {{"name", recipe.labels.name()},
          {"classes", classes},
          {"ignored", recipe.labels.ignore_ids()}};
}

nlohmann::ordered_json recipe_to_json(const Recipe& recipe) {
  nlohmann::ordered_json objects = nlohmann::ordered_json::array();
  for (const RecipeObject& one : recipe.objects) {
    nlohmann::ordered_json parts = nlohmann::ordered_json::array();
    for (const ObjectPart& part : one.parts) {
      parts.push_back({{"find", part.find}, {"id", part.id}});
    }
    objects.push_back({{"name", one.name},
                       {"parts", parts},
                       {"prompts", one.prompts},
                       {"weight", one.weight},
                       {"new_class", one.new_class},
                       {"ood", one.ood},
                       {"place", place_to_json(one.place)},
                       {"insertion", flat_options_to_json(one.insertion.tables())}});
  }
  return {{"name", recipe.name},
          {"description", recipe.description},
          {"source", options_to_json(recipe.source)},
          {"plan", options_to_json(recipe.plan)},
          {"method", options_to_json(recipe.method)},
          {"models", options_to_json(recipe.models)},
          {"detection", options_to_json(recipe.detection)},
          {"avoid", recipe.avoid},
          {"ground", recipe.ground},
          {"objects", objects}};
}

}  // namespace situ
