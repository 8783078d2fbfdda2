// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/insert_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

InsertSettings dog() {
  InsertSettings settings;
  settings.arguments.object = {"dog"};
  return settings;
}

InsertPlan plan_with(const InsertSettings& settings) {
  return make_insert_plan({"a.jpg"}, settings, "out");
}

std::string refusal(const std::vector<std::filesystem::path>& inputs,
                    const InsertSettings& settings, const std::filesystem::path& output = "out") {
  return message_of<std::invalid_argument>([&] { make_insert_plan(inputs, settings, output); });
}

TEST(InsertPlan, NamesTheResultsAfterTheImage) {
  const InsertPlan plan = make_insert_plan({"photos/a.b.jpg"}, dog(), "out");
  EXPECT_THAT(outputs_of(plan, plan.images.at(0)),
              ElementsAre("out/a.b.png", "out/a.b_objects.png", "out/a.b.json"));
}

TEST(InsertPlan, NamesWhatElseIsKept) {
  InsertSettings settings = dog();
  settings.arguments.object = {"dog", "cat"};
  settings.arguments.keep = {"alpha,crop", "mask", "valid,sheet"};
  const InsertPlan plan = plan_with(settings);
  EXPECT_THAT(
      outputs_of(plan, plan.images.at(0)),
      ElementsAre("out/a.png", "out/a_objects.png", "out/a.json", "out/a_1_alpha.png",
                  "out/a_1_crop.png", "out/a_1_mask.png", "out/a_2_alpha.png", "out/a_2_crop.png",
                  "out/a_2_mask.png", "out/a_valid.png", "out/a_sheet.png"));
  settings.arguments.keep = {"alpha,crpo"};
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("--keep 'crpo': did you mean 'crop'"));
}

TEST(InsertPlan, LiesOnTheRoadUnlessAPlaceIsGiven) {
  EXPECT_EQ(std::get<LocationPrompt>(plan_with(dog()).location).prompt, "the road");
  EXPECT_EQ(plan_with(dog()).settings.arguments.location, "the road") << "for the record";
  InsertSettings settings = dog();
  settings.arguments.anywhere = true;
  EXPECT_TRUE(std::holds_alternative<Everywhere>(plan_with(settings).location));
  settings.arguments.location = "the grass";
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("exclude each other"));
  settings.arguments.anywhere = false;
  EXPECT_EQ(std::get<LocationPrompt>(plan_with(settings).location).prompt, "the grass");
  settings.arguments.location = "";
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("location: expected a place"));
}

TEST(InsertPlan, ReadsLabelIdsAndRanges) {
  InsertSettings settings = dog();
  settings.arguments.valid_labels = "labels:old/{stem}.png:7,10-12,65535";
  const auto labels = std::get<LabelFile>(plan_with(settings).location);
  EXPECT_EQ(labels.path, "labels:old/{stem}.png");
  EXPECT_THAT(labels.ids, ElementsAre(7, 10, 11, 12, 65535));
  for (const char* wrong : {"a.png", "a.png:", ":7", "a.png:x", "a.png:-1", "a.png:3-", "a.png:4-3",
                            "a.png:65536", "a.png:1,,2", "a.png:99999999999999999999", ""}) {
    settings.arguments.valid_labels = wrong;
    EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("valid_labels: expected FILE:IDS"))
        << wrong;
  }
}

TEST(PromptOf, PutsTheObjectIntoTheTemplate) {
  EXPECT_EQ(prompt_of("A good photo of {}", "dog"), "A good photo of a dog");
  EXPECT_EQ(prompt_of("A good photo of {}", "airplane"), "A good photo of an airplane");
  EXPECT_EQ(prompt_of("A good photo of {}", "a dog"), "A good photo of a dog");
  EXPECT_EQ(prompt_of("A good photo of {}", "anteater"), "A good photo of an anteater");
  EXPECT_EQ(prompt_of("two {object}s, {object}", "dog"), "two dogs, dog");
  EXPECT_EQ(prompt_of("{}", "{}"), "a {}") << "the object is not a template";
  EXPECT_EQ(prompt_of("A good photo of {}", "airplane", Compat::kPoc), photo_prompt("airplane"));
  EXPECT_THAT(message_of<std::invalid_argument>([] { prompt_of("a dog", "cat"); }),
              HasSubstr("expected {} or {object}"));
}

TEST(InsertPlan, RefusesTwoResultsOfOneName) {
  EXPECT_THAT(refusal({"one/a.jpg", "two/a.png"}, dog()),
              ::testing::AllOf(HasSubstr("one/a.jpg and two/a.png"), HasSubstr("out/a.png")));
  EXPECT_THAT(refusal({"a.jpg", "a.jpg"}, dog()), HasSubstr("would both be written"));
  EXPECT_THAT(refusal({"a.jpg", "a_objects.jpg"}, dog()), HasSubstr("out/a_objects.png"));
}

TEST(InsertPlan, RefusesToReplaceAnInput) {
  const TemporaryFolder folder;
  put(folder / "a.png", "");
  EXPECT_THAT(refusal({folder / "a.png"}, dog(), folder.path()),
              HasSubstr("would replace an input"));
  std::filesystem::create_directories(folder / "sub");
  EXPECT_THAT(refusal({folder / "a.png"}, dog(), folder / "sub/.."), HasSubstr("another folder"));
  std::filesystem::create_symlink(folder / "a.png", folder / "b.jpg");
  EXPECT_THAT(refusal({folder / "b.jpg", folder / "a.png"}, dog(), folder.path()),
              HasSubstr("would replace an input"));
  EXPECT_EQ(make_insert_plan({folder / "a.png"}, dog(), folder / "out").images.size(), 1u);
}

TEST(InsertPlan, RefusesWhatIsNoImageObjectFolderOrText) {
  EXPECT_THAT(refusal({}, dog()), HasSubstr("no image"));
  EXPECT_THAT(refusal({"/"}, dog()), HasSubstr("names no image"));
  EXPECT_THAT(refusal({""}, dog()), HasSubstr("names no image"));
  EXPECT_THAT(refusal({"a.jpg"}, dog(), ""), HasSubstr("output: expected a folder"));
  EXPECT_THAT(refusal({"a.jpg"}, InsertSettings{}), HasSubstr("nothing to insert"));
  InsertSettings settings = dog();
  settings.arguments.object = {"dog", " "};
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("object: expected a name"));
  settings.arguments.object = {"caf\xE9"};
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("object: the text is not UTF-8"));
  settings = dog();
  settings.arguments.device = "gpu";
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("gpu"));
  settings = dog();
  settings.arguments.dtype = "float31";
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("float31"));
}

TEST(InsertPlan, RefusesSeedsThatTheOriginalCannotCount) {
  InsertSettings settings = dog();
  settings.arguments.seed = int64_t{1} << 32;
  EXPECT_NO_THROW(plan_with(settings));
  settings.insertion.compat = Compat::kPoc;
  EXPECT_THAT(refusal({"a.jpg"}, settings), HasSubstr("with --compat poc"));
}

}  // namespace
}  // namespace situ
