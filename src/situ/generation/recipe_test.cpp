// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/generation/test_generation.h"
#include "situ/io/yaml_file.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string refusal(const std::function<void(Json&)>& change) {
  Json json = testing::recipe_json();
  change(json);
  try {
    recipe_from_json(json, {}, "test.yaml");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Recipe, GivesObjectsTheOptionsOfTheRecipeAndTheirOwn) {
  Json json = testing::recipe_json();
  json["objects"][1]["insertion"] = {{"max_side", 40}, {"steps", 9}};
  const Recipe recipe = recipe_from_json(json, {.guidance_scale = 2}, "test.yaml");
  ASSERT_EQ(recipe.objects.size(), 3u);
  EXPECT_EQ(recipe.objects[0].insertion.region.max_side, 20);
  EXPECT_EQ(recipe.objects[1].insertion.region.max_side, 40);
  EXPECT_EQ(recipe.objects[1].insertion.region.min_side, 12);
  EXPECT_EQ(recipe.objects[1].insertion.inpainting.steps, 9);
  EXPECT_EQ(recipe.objects[1].insertion.inpainting.guidance_scale, 2);
  EXPECT_EQ(recipe.objects[0].prompts, std::vector<std::string>{"dog"});
}

TEST(Recipe, NamesNewClassesAndTakesKnownOnes) {
  const Recipe recipe = testing::test_recipe();
  EXPECT_EQ(recipe.labels.at("dog").id, 100);
  EXPECT_TRUE(recipe.objects[0].ood);
  EXPECT_EQ(recipe.objects[2].parts[0].id, recipe.labels.at("car").id);
  EXPECT_FALSE(recipe.objects[2].ood);
  EXPECT_FALSE(recipe.objects[2].new_class);
}

TEST(Recipe, NumbersARowOfNames) {
  Json json = testing::recipe_json();
  json["objects"] = {{{"names", {"dog", "cat", "cow"}}, {"first_id", 30}, {"ood", false}}};
  const Recipe recipe = recipe_from_json(json, {}, "test.yaml");
  ASSERT_EQ(recipe.objects.size(), 3u);
  EXPECT_EQ(recipe.objects[2].name, "cow");
  EXPECT_EQ(recipe.objects[2].parts[0].id, 32);
  EXPECT_FALSE(recipe.objects[2].ood);
}

TEST(Recipe, TakesCompanionsOfTheDataset) {
  Json json = testing::recipe_json();
  json["objects"].push_back(
      {{"name", "dog with its walker"}, {"id", 50}, {"with", {{{"class", "pedestrian"}}}}});
  const Recipe recipe = recipe_from_json(json, {}, "test.yaml");
  ASSERT_EQ(recipe.objects[3].parts.size(), 2u);
  EXPECT_EQ(recipe.objects[3].parts[1].find, "pedestrian");
  EXPECT_EQ(recipe.objects[3].parts[1].id, recipe.labels.at("pedestrian").id);
}

TEST(Recipe, RefusesWhatItDoesNotKnowAndSaysWhere) {
  EXPECT_THAT(refusal([](Json& json) { json["objcts"] = 1; }), HasSubstr("objects"));
  EXPECT_THAT(refusal([](Json& json) { json["plan"]["sed"] = 1; }), HasSubstr("seed"));
  EXPECT_THAT(refusal([](Json& json) { json["insertion"]["min_sid"] = 1; }), HasSubstr("min_side"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"][0]["idd"] = 1; }), HasSubstr("objects[0]"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"][2]["class"] = "caar"; }), HasSubstr("car"));
  EXPECT_THAT(refusal([](Json& json) { json["avoid"] = {"raod"}; }), HasSubstr("road"));
  EXPECT_THAT(refusal([](Json& json) { json["source"]["dataset"] = "camvit"; }),
              HasSubstr("camvid"));
  EXPECT_THAT(refusal([](Json& json) { json["source"]["labels"] = "cityscape"; }),
              HasSubstr("cityscapes"));
  EXPECT_THAT(refusal([](Json& json) { json["place"] = "the road"; }), HasSubstr("place"));
}

TEST(Recipe, TakesTheOptionsOfADetector) {
  Json json = testing::recipe_json();
  json["detection"] = {{"box_threshold", 0.4}, {"negative_prompt", "a shadow."}};
  const Recipe recipe = recipe_from_json(json, {}, "test.yaml");
  EXPECT_EQ(recipe.detection.box_threshold, 0.4);
  EXPECT_EQ(recipe.detection.negative_prompt, "a shadow.");
  EXPECT_EQ(recipe_to_json(recipe)["detection"]["box_threshold"], 0.4);
  EXPECT_THAT(refusal([](Json& json) { json["detection"]["box_treshold"] = 0.4; }),
              HasSubstr("box_threshold"));
  EXPECT_THAT(refusal([](Json& json) { json["detection"]["tiles"] = 9; }), HasSubstr("tiles"));
}

TEST(Recipe, RefusesIdsThatMeanTwoThings) {
  EXPECT_THAT(refusal([](Json& json) { json["objects"][1]["id"] = 100; }),
              HasSubstr("'cat' has the id 100, which 'dog' has as well"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"][0]["id"] = 8; }),
              HasSubstr("which is 'car' in camvid"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"][0]["id"] = 70000; }), HasSubstr("70000"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"][1]["name"] = "dog"; }),
              HasSubstr("'dog' stands twice"));
  EXPECT_THAT(refusal([](Json& json) {
                json["plan"]["label_policy"] = "ood";
                json["plan"]["ood_id"] = 3;
              }),
              HasSubstr("3 means something in camvid"));
}

TEST(Recipe, RefusesValuesOutOfBounds) {
  EXPECT_THAT(refusal([](Json& json) { json["plan"]["variants"] = 0; }), HasSubstr("variants"));
  EXPECT_THAT(refusal([](Json& json) { json["plan"]["seed"] = "x"; }), HasSubstr("seed"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"][0]["weight"] = 0; }), HasSubstr("weight"));
  EXPECT_THAT(refusal([](Json& json) {
                json["objects"][0]["insertion"] = {{"attempts", 0}};
              }),
              HasSubstr("attempts"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"] = Json::array(); }), HasSubstr("objects"));
  EXPECT_THAT(refusal([](Json& json) { json.erase("name"); }), HasSubstr("name"));
  EXPECT_THAT(refusal([](Json& json) { json["ground"] = {"raod"}; }), HasSubstr("road"));
  EXPECT_THAT(refusal([](Json& json) {
                json["ground"] = {"road"};
                json["insertion"]["horizon"] = 0.3;
              }),
              HasSubstr("ground: 'dog'"));
  EXPECT_THAT(refusal([](Json& json) { json["objects"][2]["ood"] = true; }),
              HasSubstr("cannot be out of distribution"));
}

TEST(Recipe, AllThatShipCanBeRead) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SITU_SOURCE_DIR) + "/recipes")) {
    ASSERT_EQ(entry.path().extension(), ".yaml");
    const Recipe recipe =
        recipe_from_json(load_yaml(entry.path()), {}, entry.path().filename().string());
    EXPECT_EQ(recipe.name, entry.path().stem().string());
    ++count;
  }
  EXPECT_GE(count, 15);
}

TEST(Recipe, HasThePapersNumbers) {
  const auto load = [](const std::string& name) {
    return recipe_from_json(load_yaml(std::string(SITU_SOURCE_DIR) + "/recipes/" + name + ".yaml"),
                            {}, name);
  };
  const Recipe alt = load("poc-alt");
  EXPECT_EQ(alt.objects.size(), 32u);
  EXPECT_EQ(alt.labels.at("stroller").id, 19);
  EXPECT_EQ(alt.labels.at("bird flying").id, 34);
  EXPECT_EQ(alt.labels.at("monkey").id, 43);
  EXPECT_EQ(alt.plan.variants, 3);
  const Recipe coco = load("poc-coco");
  EXPECT_EQ(coco.objects.size(), 78u);  // "train" stands once
  EXPECT_EQ(coco.labels.at("airplane").id, 19);
  EXPECT_EQ(coco.labels.at("toothbrush").id, 84);
  EXPECT_EQ(coco.labels.at("tv").id, 86);
  EXPECT_EQ(coco.labels.at("zebra").id, 90);
  EXPECT_EQ(load("acdc-poc").labels.at("monkey").id, 124);
  EXPECT_EQ(load("idd-poc").objects.size(), 30u);
  EXPECT_EQ(load("cs-poc").objects.size(), 30u);
  EXPECT_EQ(load("poc-cs-a").objects.size(), 12u);
  EXPECT_EQ(load("poc-a").labels.at("sheep").id, 24);
}

}  // namespace
}  // namespace situ
