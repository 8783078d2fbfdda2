// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/known_prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/core/errors.h"

namespace situ {
namespace {

KnownPrompts example() {
  return {.prompts = {{.name = "dog", .phrases = {"puppy"}, .kind = PromptKind::kObject},
                      {.name = "road", .phrases = {"street"}, .kind = PromptKind::kLocation}},
          .threshold = 0.5};
}

std::string complaint(const nlohmann::json& json) {
  try {
    KnownPrompts::from_json(json, "vocabulary.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(NormalisedPhrase, DropsCaseArticlesPunctuationAndExtraSpaces) {
  EXPECT_EQ(normalised_phrase("  The  Garbage\tBag. "), "garbage bag");
  EXPECT_EQ(normalised_phrase("A dog"), "dog");
  EXPECT_EQ(normalised_phrase("an elephant!"), "elephant");
  EXPECT_EQ(normalised_phrase("theatre"), "theatre");
  EXPECT_EQ(normalised_phrase("chair dumped on the street"), "chair dumped on the street");
  EXPECT_EQ(normalised_phrase("the"), "");
  EXPECT_EQ(normalised_phrase(""), "");
}

TEST(SplitPrompt, GivesEachPhraseOnce) {
  EXPECT_THAT(split_prompt("a dog. a cat. The dog."), testing::ElementsAre("dog", "cat"));
  EXPECT_THAT(split_prompt("the road"), testing::ElementsAre("road"));
  EXPECT_THAT(split_prompt(" . a . "), testing::IsEmpty());
  EXPECT_THAT(split_prompt(""), testing::IsEmpty());
}

TEST(KnownPrompts, FindsNamesAndPhrases) {
  const KnownPrompts vocabulary = example();
  const auto match = vocabulary.find("A Puppy");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->prompt->name, "dog");
  EXPECT_EQ(match->phrase, "puppy");
  EXPECT_EQ(vocabulary.find("the street.")->prompt->kind, PromptKind::kLocation);
  EXPECT_FALSE(vocabulary.find("helicopter"));
  EXPECT_THAT(vocabulary.all_phrases(), testing::ElementsAre("dog", "puppy", "road", "street"));
}

TEST(KnownPrompts, ComesBackFromItsJson) {
  const nlohmann::json json = example().to_json();
  EXPECT_EQ(nlohmann::json(KnownPrompts::from_json(json, "x").to_json()), json);
}

TEST(KnownPrompts, RefusesMalformedFiles) {
  const nlohmann::json valid = example().to_json();
  EXPECT_EQ(complaint(valid), "");
  nlohmann::json json = valid;
  json["format"] = 9;
  EXPECT_THAT(complaint(json), testing::HasSubstr("format: expected 1, got 9"));
  json = valid;
  json["threshold"] = 1.0;
  EXPECT_THAT(complaint(json), testing::HasSubstr("threshold"));
  json = valid;
  json["names"] = nlohmann::json::array();
  EXPECT_THAT(complaint(json), testing::HasSubstr("names"));
  json = valid;
  json["names"][1]["phrases"] = {"dog"};
  EXPECT_THAT(complaint(json), testing::HasSubstr("'dog' appears twice"));
  json = valid;
  json["names"][0]["name"] = "The Dog";
  EXPECT_THAT(complaint(json), testing::HasSubstr("lower case"));
  json = valid;
  json["names"][0]["kind"] = "animal";
  EXPECT_THAT(complaint(json), testing::HasSubstr("kind"));
  json = valid;
  json["names"][0]["phrases"] = 3;
  EXPECT_THAT(complaint(json), testing::HasSubstr("phrases"));
  json = valid;
  json["names"][0]["phrases"] = {3};
  EXPECT_THAT(complaint(json), testing::HasSubstr("expected a phrase"));
  json = valid;
  json["surplus"] = 1;
  EXPECT_THAT(complaint(json), testing::HasSubstr("surplus"));
  EXPECT_THAT(complaint(nlohmann::json::array()), testing::HasSubstr("expected an object"));
}

}  // namespace
}  // namespace situ
