// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/location_area.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "situ/tasks/fakes.h"

namespace situ {
namespace {

const at::Tensor& scene() {
  static const at::Tensor image = fakes::plain_scene(8, 10, {9, 9, 9});
  return image;
}

Detection detection(const Box& box) {
  at::Tensor mask = at::zeros({8, 10}, at::kBool);
  mask.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1).fill_(true);
  return {.phrase = "road", .score = 0.5, .box = box, .mask = mask};
}

TEST(LocationAreaOf, EverywhereIsEveryPixelWithoutASegmenterCall) {
  fakes::FakeSegmenter segmenter(fakes::fail_to_find("not to be called"));
  const LocationArea area = location_area(scene(), Everywhere{}, segmenter);
  EXPECT_TRUE(area.valid_area.all().item<bool>());
  EXPECT_FALSE(area.empty());
}

TEST(LocationAreaOf, APromptIsTheUnionOfAllDetections) {
  fakes::FakeSegmenter segmenter([](const fakes::SegmentCall&) {
    return std::vector<Detection>{detection({0, 0, 2, 2}), detection({1, 1, 3, 3})};
  });
  const LocationArea area = location_area(scene(), LocationPrompt{"the road"}, segmenter);
  EXPECT_EQ(area.valid_area.sum().item<int64_t>(), 7);
  EXPECT_EQ(segmenter.calls()[0].prompt, "the road");
}

TEST(LocationAreaOf, APromptThatIsNotFoundIsEmptyWithTheReason) {
  fakes::FakeSegmenter segmenter(fakes::find_nothing());
  const LocationArea area = location_area(scene(), LocationPrompt{"the road"}, segmenter);
  EXPECT_TRUE(area.empty());
  EXPECT_EQ(area.empty_reason, "nothing was found for 'the road'");
  EXPECT_FALSE(area.valid_area.any().item<bool>());
}

TEST(LocationAreaOf, LabelsAreThePixelsWithOneOfTheIds) {
  fakes::FakeSegmenter segmenter(fakes::find_nothing());
  at::Tensor labels = at::zeros({8, 10}, at::kByte);
  labels[2][3] = 7;
  labels[2][4] = 255;
  labels[2][5] = 8;
  const LocationArea area = location_area(scene(), LocationLabels{labels, {7, 255}}, segmenter);
  EXPECT_EQ(area.valid_area.sum().item<int64_t>(), 2);
  const LocationArea none = location_area(scene(), LocationLabels{labels, {11, 12}}, segmenter);
  EXPECT_EQ(none.empty_reason, "no pixel has a label of {11, 12}");
  EXPECT_TRUE(location_area(scene(), LocationLabels{labels, {}}, segmenter).empty());
  EXPECT_THROW(location_area(scene(), LocationLabels{labels, {256}}, segmenter),
               std::invalid_argument);
  EXPECT_THROW(location_area(scene(), LocationLabels{labels, {-1}}, segmenter),
               std::invalid_argument);
}

TEST(LocationAreaOf, MasksMustFitTheScene) {
  fakes::FakeSegmenter segmenter(fakes::find_nothing());
  const at::Tensor mask = detection({0, 0, 2, 2}).mask;
  EXPECT_TRUE(location_area(scene(), LocationMask{mask}, segmenter).valid_area.equal(mask));
  EXPECT_TRUE(
      location_area(scene(), LocationMask{at::zeros({8, 10}, at::kBool)}, segmenter).empty());
  EXPECT_THROW(location_area(scene(), LocationMask{mask.t()}, segmenter), std::invalid_argument);
  EXPECT_THROW(location_area(scene(), LocationMask{at::Tensor()}, segmenter),
               std::invalid_argument);
  EXPECT_THROW(location_area(scene(), LocationLabels{at::zeros({8, 9}, at::kByte), {1}}, segmenter),
               std::invalid_argument);
}

TEST(LocationAreas, SegmentEachPromptOnce) {
  fakes::FakeSegmenter segmenter([](const fakes::SegmentCall&) {
    return std::vector<Detection>{detection({0, 0, 2, 2})};
  });
  LocationAreas areas(scene(), segmenter);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(areas.area(LocationPrompt{"the road"}).valid_area.sum().item<int64_t>(), 4);
    areas.area(LocationPrompt{"grass"});
    areas.area(Everywhere{});
  }
  EXPECT_EQ(segmenter.calls().size(), 2u);
}

}  // namespace
}  // namespace situ
