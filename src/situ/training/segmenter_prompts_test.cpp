// SPDX-License-Identifier: Apache-2.0
#include "situ/training/segmenter_prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace situ {
namespace {

VocabularyName named(const std::string& name, std::vector<std::string> phrases = {}) {
  return {.name = name, .phrases = std::move(phrases), .airborne = false, .sources = {}};
}

SegmenterPrompts example() {
  return SegmenterPrompts(Vocabulary{
      {named("dog", {"puppy"}), named("car"), named("person", {"pedestrian"}), named("elephant"),
       named("bag", {"handbag"}), named("garbage bag", {"trash bag"})}});
}

const LocationLabel& label(std::string_view name) {
  for (const LocationLabel& one : location_labels()) {
    if (one.name == name) return one;
  }
  throw std::invalid_argument("no such label");
}

TEST(SegmenterPrompts, WordsObjectsWithTheRightArticle) {
  const SegmenterPrompts prompts = example();
  Random random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) seen.insert(prompts.object_wording(3, random));
  EXPECT_THAT(seen, testing::UnorderedElementsAre(
                        "elephant", "an elephant", "the elephant", "A good photo of an elephant",
                        "a photo of an elephant", "A good photo of elephant"));
  seen.clear();
  for (int i = 0; i < 500; ++i) seen.insert(prompts.object_wording(0, random));
  EXPECT_THAT(seen, testing::IsSupersetOf({"a dog", "puppy", "A good photo of a puppy"}));
}

TEST(SegmenterPrompts, LeavesOutLocationsThatNoDataSetDecides) {
  const SegmenterPrompts prompts = example();
  EXPECT_THAT(prompts.locations(), testing::Contains(Location::kRoad));
  EXPECT_THAT(prompts.locations(), testing::Not(testing::Contains(Location::kTerrain)));
}

TEST(SegmenterPrompts, TakesNoWordOfAnObjectForALocation) {
  const SegmenterPrompts prompts = example();
  Random random(2);
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(prompts.location_wording(Location::kPerson, random),
                testing::AnyOf("people", "the people", "pedestrians", "the pedestrians"));
  }
  const KnownPrompts known = prompts.known(0.4);
  EXPECT_EQ(known.threshold, 0.4);
  EXPECT_EQ(known.find("person")->prompt->kind, PromptKind::kObject);
  EXPECT_EQ(known.find("the street")->prompt->name, "road");
  const nlohmann::json json = known.to_json();
  EXPECT_NO_THROW(KnownPrompts::from_json(json, "vocabulary.json"));
}

TEST(SegmenterPrompts, CallsNamesWithACommonLastWordAlike) {
  const SegmenterPrompts prompts = example();
  EXPECT_TRUE(prompts.alike(4, 5));
  EXPECT_TRUE(prompts.alike(5, 4));
  EXPECT_TRUE(prompts.alike(0, 0));
  EXPECT_FALSE(prompts.alike(0, 1));
}

TEST(SegmenterPrompts, KnowsWhatASceneLabelSaysAboutAnObject) {
  const SegmenterPrompts prompts = example();
  EXPECT_EQ(prompts.scene_decides(label("road"), 0), false);
  EXPECT_EQ(prompts.scene_decides(label("unknown"), 0), std::nullopt);
  EXPECT_EQ(prompts.scene_decides(label("road"), 1), false);
  EXPECT_EQ(prompts.scene_decides(label("vehicle"), 1), std::nullopt);
  EXPECT_EQ(prompts.scene_decides(label("person"), 2), true);
  EXPECT_EQ(prompts.scene_decides(label("living thing"), 2), std::nullopt);
  EXPECT_TRUE(prompts.occurs_in_scenes(1));
  EXPECT_FALSE(prompts.occurs_in_scenes(0));
  EXPECT_TRUE(prompts.may_be(1, Location::kVehicle));
  EXPECT_FALSE(prompts.may_be(1, Location::kRoad));
}

}  // namespace
}  // namespace situ
