// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/ground_plan.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;
using ::testing::SizeIs;

GroundSettings asking(const std::string& prompt) { return {.arguments = {.prompt = prompt}}; }

std::string refusal(const GroundSettings& settings) {
  return message_of<std::invalid_argument>([&] { make_ground_plan({"a.png"}, settings, "out"); });
}

TEST(GroundPlan, NamesWhatIsMadeOfEveryImageOfAFolder) {
  const TemporaryFolder folder;
  for (const char* name : {"b.JPG", "a.png", "c.webp", "notes.txt"}) put(folder / name, "");
  const GroundPlan plan = make_ground_plan({folder.path()}, asking("a dog."), "out");
  ASSERT_THAT(plan.images, SizeIs(3));
  EXPECT_EQ(plan.images[0].input, folder / "a.png");
  EXPECT_EQ(plan.images[1].record, fs::path("out/b.json"));
  EXPECT_EQ(plan.images[1].masks, fs::path("out/b_masks"));
  EXPECT_EQ(plan.images[2].overlay, fs::path("out/c_overlay.png"));
  EXPECT_TRUE(plan.needs_detector());
  EXPECT_TRUE(plan.needs_segmenter());
}

TEST(GroundPlan, RefusesAFolderWithoutImages) {
  const TemporaryFolder folder;
  EXPECT_THROW(make_ground_plan({folder.path()}, asking("a dog."), "out"), FileError);
}

TEST(GroundPlan, RefusesResultsOfOneNameOrInThePlaceOfAnInput) {
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                make_ground_plan({"x/a.png", "y/a.jpg"}, asking("a dog."), "out");
              }),
              HasSubstr("would both be written to out/a.json"));
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                make_ground_plan({"out/a.png", "out/a_overlay.png"}, asking("a dog."), "out");
              }),
              HasSubstr("would replace an input"));
}

TEST(GroundPlan, WantsEitherAPromptOrPlaces) {
  EXPECT_THAT(refusal({}), HasSubstr("expected what to find"));
  EXPECT_THAT(refusal(asking(" . ")), HasSubstr("expected words"));
  EXPECT_THAT(refusal({.arguments = {.prompt = "a dog.", .boxes = "0,0,1,1"}}),
              HasSubstr("got both"));
  EXPECT_THAT(refusal({.arguments = {.points = "1,1", .boxes_only = true}}),
              HasSubstr("boxes_only"));
  EXPECT_THAT(refusal({.arguments = {.prompt = "a dog."}, .detection = {.box_threshold = 1.5}}),
              HasSubstr("box_threshold = 1.5 must be in [0, 1]"));
  EXPECT_THAT(refusal({.arguments = {.prompt = "a dog.", .dtype = "int8"}}), HasSubstr("int8"));
}

TEST(GroundPlan, ReadsBoxes) {
  const SegmentPrompts prompts = parse_prompts("1,2,3.5,4; -1,0,9,9;", std::nullopt);
  EXPECT_TRUE(prompts.boxes.equal(
      at::tensor({1.0F, 2.0F, 3.5F, 4.0F, -1.0F, 0.0F, 9.0F, 9.0F}).view({2, 4})));
  EXPECT_FALSE(prompts.points.defined());
}

TEST(GroundPlan, ReadsOneOrSeveralPointsForEachThing) {
  const SegmentPrompts prompts = parse_prompts(std::nullopt, "1,2;3,4+5,6,0");
  EXPECT_EQ(prompts.points.sizes(), (at::IntArrayRef{2, 2, 2}));
  EXPECT_TRUE(prompts.labels.equal(at::tensor({1, -1, 1, 0}, at::kLong).view({2, 2})));
  EXPECT_EQ(prompts.points[1][1][0].item<float>(), 5);
}

TEST(GroundPlan, RefusesPlacesThatItCannotRead) {
  for (const char* boxes :
       {"", "1,2,3", "3,0,1,4", "1,2,nan,4", "a,b,c,d", "1,2,3,4,5", "1,2,3,4;;"}) {
    EXPECT_THROW(parse_prompts(boxes, std::nullopt), std::invalid_argument) << boxes;
  }
  for (const char* points : {"", "1", "1,2,2", "1,2,3,4", "1,2+", "x,y"}) {
    EXPECT_THROW(parse_prompts(std::nullopt, points), std::invalid_argument) << points;
  }
  EXPECT_THAT(message_of<std::invalid_argument>([] { parse_prompts("0,0,1,1", "1,1;2,2"); }),
              HasSubstr("each of the 1 boxes"));
  std::string many = "0,0,1,1";
  for (int i = 0; i < 5000; ++i) many += ";0,0,1,1";
  EXPECT_THROW(parse_prompts(many, std::nullopt), std::invalid_argument);
}

}  // namespace
}  // namespace situ
