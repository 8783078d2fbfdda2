// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/generation_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "situ/generation/test_generation.h"

namespace situ {
namespace {

using Json = nlohmann::json;

// A listing; no file is opened for a plan.
Dataset listing(int images, int folders = 1) {
  Dataset dataset;
  for (int folder = 0; folder < folders; ++folder) {
    for (int i = 0; i < images; ++i) {
      const std::string id = "city" + std::to_string(folder) + "/" + std::to_string(100000 + i);
      dataset.samples.push_back({.id = id,
                                 .image = "images/" + id + ".png",
                                 .label = "labels/" + id + ".png",
                                 .instances = {},
                                 .group = 0});
    }
  }
  return dataset;
}

Recipe recipe_of(const std::vector<std::string>& names, const Json& plan) {
  Json json = testing::recipe_json();
  json["plan"] = plan;
  json["objects"] = {{{"names", names}, {"first_id", 100}}};
  return recipe_from_json(json, {}, "test.yaml");
}

std::vector<std::string> numbered(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("object " + std::to_string(i));
  return names;
}

std::vector<std::string> objects_of(const GenerationPlan& plan, int64_t index) {
  std::vector<std::string> names;
  for (const PlannedInsertion& one : plan.sample(index).objects) names.push_back(one.object->name);
  return names;
}

TEST(GenerationPlan, MakesTheVariantsOfAnImageWithDifferentObjects) {
  const Recipe recipe = recipe_of(numbered(6), {{"variants", 3}, {"objects_per_picture", 2}});
  const Dataset dataset = listing(20);
  const GenerationPlan plan(recipe, dataset);
  ASSERT_EQ(plan.size(), 60);
  for (int64_t image = 0; image < 20; ++image) {
    std::set<std::string> seen;
    for (int64_t variant = 0; variant < 3; ++variant) {
      const PlannedSample sample = plan.sample(3 * image + variant);
      EXPECT_EQ(sample.source, &dataset.samples[static_cast<size_t>(image)]);
      EXPECT_EQ(sample.variant, variant);
      for (const PlannedInsertion& one : sample.objects) {
        EXPECT_TRUE(seen.insert(one.object->name).second);
      }
    }
  }
}

TEST(GenerationPlan, NamesItsFilesAfterTheImageAndThePrompt) {
  const Recipe recipe = recipe_of({"chair, dumped/on the street"}, {{"variants", 1}});
  const Dataset dataset = listing(1);
  const PlannedSample sample = GenerationPlan(recipe, dataset).sample(0);
  EXPECT_EQ(sample.id, "city0/100000#0");
  EXPECT_EQ(sample.image, "images/city0/100000_A-good-photo-of-a-chair-dumped-on-the-street_0.png");
  EXPECT_EQ(sample.labels,
            "labels/city0/100000_A-good-photo-of-a-chair-dumped-on-the-street_0.png");
  EXPECT_EQ(sample.anomaly, "anomaly/" + sample.image);
  EXPECT_EQ(sample.instances, "instances/" + sample.image);
}

TEST(GenerationPlan, DrawsEachImageAloneUnlessToldOtherwise) {
  const Recipe recipe = recipe_of(numbered(30), {{"variants", 2}});
  const Dataset all = listing(50);
  Dataset fewer = all;
  fewer.samples.erase(fewer.samples.begin(), fewer.samples.begin() + 20);
  const GenerationPlan whole(recipe, all);
  const GenerationPlan part(recipe, fewer);
  for (int64_t i = 0; i < part.size(); ++i) {
    EXPECT_EQ(objects_of(part, i), objects_of(whole, i + 40));
    EXPECT_EQ(part.sample(i).image, whole.sample(i + 40).image);
  }
  EXPECT_NE(whole.listing_sha256(), part.listing_sha256());
}

TEST(GenerationPlan, GivesAnotherSeedOtherObjects) {
  const Dataset dataset = listing(50);
  const Recipe one = recipe_of(numbered(30), {{"seed", 1}});
  const Recipe two = recipe_of(numbered(30), {{"seed", 2}});
  const GenerationPlan a(one, dataset);
  const GenerationPlan b(two, dataset);
  int same = 0;
  for (int64_t i = 0; i < a.size(); ++i) same += objects_of(a, i) == objects_of(b, i) ? 1 : 0;
  EXPECT_LT(same, 10);  // 50 / 30 expected
}

TEST(GenerationPlan, FollowsTheWeights) {
  Json json = testing::recipe_json();
  json["plan"] = {{"variants", 1}};
  json["objects"] = {{{"name", "often"}, {"id", 100}, {"weight", 3}},
                     {{"name", "seldom"}, {"id", 101}, {"weight", 1}}};
  const Dataset dataset = listing(4000);
  const Recipe recipe = recipe_from_json(json, {}, "test.yaml");
  const std::vector<int64_t> drawn = GenerationPlan(recipe, dataset).object_counts();
  EXPECT_NEAR(static_cast<double>(drawn[0]), 3000, 110);  // four standard deviations
  json["plan"]["assignment"] = "balanced";
  const Recipe balanced = recipe_from_json(json, {}, "test.yaml");
  EXPECT_EQ(GenerationPlan(balanced, dataset).object_counts(), (std::vector<int64_t>{3000, 1000}));
}

TEST(GenerationPlan, BalancesEvenlyWithinOne) {
  const Recipe recipe = recipe_of(numbered(7), {{"variants", 3}, {"assignment", "balanced"}});
  const Dataset dataset = listing(31);
  const std::vector<int64_t> counts = GenerationPlan(recipe, dataset).object_counts();
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_LE(*most - *least, 1);
}

// The first images of any folder, as the original code assigns them.
TEST(GenerationPlan, AssignsAsTheOriginalCode) {
  const std::vector<std::string> animals{"bird flying", "cat", "cow", "dog", "horse", "sheep"};
  const Recipe recipe = recipe_of(animals, {{"variants", 1}, {"assignment", "poc"}});
  const Dataset dataset = listing(6, 2);
  const GenerationPlan plan(recipe, dataset);
  std::vector<std::string> got;
  for (int64_t i = 0; i < 12; ++i) got.push_back(objects_of(plan, i).front());
  const std::vector<std::string> once{"cow", "horse", "cow", "dog", "cat", "dog"};
  std::vector<std::string> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  EXPECT_EQ(got, twice);
}

TEST(GenerationPlan, AssignsThreeObjectsAsTheOriginalCode) {
  const std::vector<std::string> names{"rider,bicycle", "rider,motorcycle",
                                       "train",         "bus",
                                       "person",        "car",
                                       "bird flying",   "cat",
                                       "cow",           "dog",
                                       "horse",         "sheep"};
  const Recipe recipe = recipe_of(names, {{"variants", 3}, {"assignment", "poc"}});
  const Dataset dataset = listing(2);
  const GenerationPlan plan(recipe, dataset);
  std::vector<std::string> got;
  for (int64_t i = 0; i < 6; ++i) got.push_back(objects_of(plan, i).front());
  EXPECT_EQ(got, (std::vector<std::string>{"train", "bus", "person", "rider,motorcycle", "cat",
                                           "rider,bicycle"}));
}

TEST(GenerationPlan, TakesASubset) {
  Json json = testing::recipe_json();
  json["source"]["count"] = 5;
  const Dataset dataset = listing(40);
  const Recipe first = recipe_from_json(json, {}, "test.yaml");
  EXPECT_EQ(GenerationPlan(first, dataset).sample(9).source, &dataset.samples[4]);
  json["source"]["choice"] = "random";
  const Recipe random = recipe_from_json(json, {}, "test.yaml");
  const GenerationPlan plan(random, dataset);
  EXPECT_EQ(plan.images(), 5);
  EXPECT_NE(plan.sample(9).source, &dataset.samples[4]);
  json["source"]["count"] = 41;
  const Recipe too_many = recipe_from_json(json, {}, "test.yaml");
  EXPECT_THROW(GenerationPlan(too_many, dataset), std::invalid_argument);
}

TEST(GenerationPlan, RefusesMoreDifferentObjectsThanThereAre) {
  const Recipe recipe = recipe_of(numbered(3), {{"variants", 2}, {"objects_per_picture", 2}});
  const Dataset dataset = listing(2);
  EXPECT_THROW(GenerationPlan(recipe, dataset), std::invalid_argument);
}

TEST(GenerationPlan, HasNoSampleBeyondItsEnd) {
  const Recipe recipe = recipe_of(numbered(3), {{"variants", 1}});
  const Dataset dataset = listing(2);
  const GenerationPlan plan(recipe, dataset);
  EXPECT_THROW(plan.sample(2), std::out_of_range);
  EXPECT_THROW(plan.sample(-1), std::out_of_range);
}

}  // namespace
}  // namespace situ
