// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "situ/datasets/dataset.h"
#include "situ/generation/generation_run.h"
#include "situ/generation/insertion_maker.h"
#include "situ/io/image_file.h"
#include "situ/tasks/fakes.h"

/// A small dataset, a recipe for it and instant models, for tests of whole runs.
namespace situ::testing {

inline constexpr fakes::Rgb kDog{255, 0, 0};
inline constexpr fakes::Rgb kCat{0, 0, 255};
inline constexpr fakes::Rgb kRoad{90, 90, 90};

/// Images of 96 x 72 pixels, gray road below a sky of another gray, in CamVid's folders.
inline void make_source(const std::filesystem::path& root, int images) {
  for (const char* part : {"images", "labels"}) {
    std::filesystem::create_directories(root / "val" / part);
  }
  for (int i = 0; i < images; ++i) {
    at::Tensor scene = fakes::plain_scene(72, 96, kRoad);
    scene.slice(1, 0, 24).fill_(200 + i % 50);
    at::Tensor labels = at::full({72, 96}, 3, at::kByte);  // road
    labels.slice(0, 0, 24).fill_(0);                       // sky
    labels.slice(0, 70, 72).fill_(11);                     // ignored
    const std::string name = "frame_" + std::to_string(1000 + i) + ".png";
    save_png(root / "val" / "images" / name, scene);
    save_png(root / "val" / "labels" / name, labels);
  }
}

inline nlohmann::json recipe_json(int variants = 2) {
  return {{"name", "test"},
          {"source", {{"dataset", "camvid"}, {"split", "val"}, {"labels", "camvid"}}},
          {"plan", {{"seed", 7}, {"variants", variants}}},
          {"place", {{"prompt", "the road"}}},
          {"insertion", {{"min_side", 12}, {"max_side", 20}, {"blur", 1}, {"attempts", 2}}},
          {"objects",
           {{{"name", "dog"}, {"id", 100}},
            {{"name", "cat"}, {"id", 101}},
            {{"class", "car"}, {"prompts", {"car", "van"}}}}}};
}

inline Recipe test_recipe(int variants = 2) {
  return recipe_from_json(recipe_json(variants), {}, "test.yaml");
}

/// Paints and finds dogs red, cats blue and everything else not at all.
struct FakeModels {
  fakes::FakeInpainter inpainter{[](const fakes::InpaintCall& call) {
    const bool dog = call.prompt.find("dog") != std::string::npos;
    const bool cat = call.prompt.find("cat") != std::string::npos;
    return dog || cat ? fakes::paint_disc(dog ? kDog : kCat)(call) : fakes::paint_nothing()(call);
  }};
  fakes::FakeSegmenter segmenter{
      fakes::find_color({{"dog", kDog}, {"cat", kCat}, {"car", {1, 2, 3}}, {"the road", kRoad}})};
};

/// Runs a recipe with the fake models.
inline GenerationSummary run_test_recipe(const Recipe& recipe, const std::filesystem::path& root,
                                         const std::filesystem::path& output,
                                         const GenerationSettings& settings = {}) {
  FakeModels models;
  const Dataset dataset = open_dataset("camvid", root, "val");
  const GenerationPlan plan(recipe, dataset);
  InsertionMaker maker(recipe, models.inpainter, models.segmenter);
  return run_generation(
      plan, {{"recipe", recipe_to_json(recipe)}, {"labels", labels_to_json(recipe)}}, output,
      [&](const PlannedSample& planned, const SampleSource& source) {
        return maker.make(planned, source);
      },
      settings);
}

/// The bytes of all files below a folder, by path.
inline std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    files[std::filesystem::relative(entry.path(), folder).string()] = bytes.str();
  }
  return files;
}

}  // namespace situ::testing
