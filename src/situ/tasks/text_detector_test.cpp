// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/text_detector.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "situ/tasks/fakes.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr fakes::Rgb kGrey = {90, 90, 90};
constexpr fakes::Rgb kRed = {200, 0, 0};

/// A scene with red squares of `side` pixels at these places.
at::Tensor scene_with(std::initializer_list<std::pair<int64_t, int64_t>> places, int64_t side) {
  at::Tensor scene = fakes::plain_scene(100, 200, kGrey);
  const at::Tensor red = at::tensor({200, 0, 0}, at::kByte).view({3, 1, 1});
  for (const auto& [x, y] : places) scene.narrow(1, y, side).narrow(2, x, side).copy_(red);
  return scene;
}

std::vector<FloatBox> boxes_of(const std::vector<DetectedBox>& found) {
  std::vector<FloatBox> boxes;
  for (const DetectedBox& one : found) boxes.push_back(one.box);
  return boxes;
}

TEST(DetectAll, GivesWhatTheDetectorGivesInItsOrder) {
  fakes::FakeDetector detector(
      fakes::give_boxes({{"a", 0.4, {0, 0, 10, 10}}, {"a", 0.9, {1, 0, 11, 10}}}));
  const auto found = detect_all(detector, scene_with({}, 1), "a.", {});
  EXPECT_THAT(boxes_of(found), ElementsAre(FloatBox{0, 0, 10, 10}, FloatBox{1, 0, 11, 10}));
}

TEST(DetectAll, KeepsTheSurestWhereBoxesOverlapMoreThanAllowed) {
  fakes::FakeDetector detector(fakes::give_boxes(
      {{"a", 0.4, {0, 0, 10, 10}}, {"b", 0.9, {1, 0, 11, 10}}, {"a", 0.5, {50, 50, 60, 60}}}));
  const auto found = detect_all(detector, scene_with({}, 1), "a.", {.max_iou = 0.5});
  EXPECT_THAT(boxes_of(found), ElementsAre(FloatBox{1, 0, 11, 10}, FloatBox{50, 50, 60, 60}));
}

TEST(DetectAll, KeepsSoManyOfTheSurest) {
  fakes::FakeDetector detector(fakes::give_boxes(
      {{"a", 0.4, {0, 0, 1, 1}}, {"a", 0.6, {2, 0, 3, 1}}, {"a", 0.5, {4, 0, 5, 1}}}));
  const auto found = detect_all(detector, scene_with({}, 1), "a.", {.max_detections = 2});
  EXPECT_THAT(boxes_of(found), ElementsAre(FloatBox{2, 0, 3, 1}, FloatBox{4, 0, 5, 1}));
}

TEST(DetectAll, FindsInTilesWhatIsTooSmallForTheWholeImage) {
  // Each tile is 112 x 56; this detector sees nothing below a tenth of what it looks at.
  fakes::FakeDetector detector(fakes::boxes_of_color(kRed, 1.0 / 10));
  const at::Tensor scene = scene_with({{20, 20}, {150, 70}}, 8);
  EXPECT_THAT(detect_all(detector, scene, "a square.", {}), IsEmpty());
  const auto found = detect_all(detector, scene, "a square.", {.tiles = 2});
  EXPECT_THAT(boxes_of(found), ::testing::UnorderedElementsAre(FloatBox{20, 20, 28, 28},
                                                               FloatBox{150, 70, 158, 78}));
}

TEST(DetectAll, CountsOnceWhatSeveralTilesSeeAndLeavesOutWhatAnEdgeCuts) {
  fakes::FakeDetector detector(fakes::boxes_of_color(kRed, 0));
  // Tiles begin at 0 and 88 across, at 0 and 44 down: the first square lies in all of them, the
  // second is cut by the right one.
  const auto found =
      detect_all(detector, scene_with({{92, 46}, {84, 10}}, 8), "a square.", {.tiles = 2});
  EXPECT_THAT(boxes_of(found),
              ::testing::UnorderedElementsAre(FloatBox{92, 46, 100, 54}, FloatBox{84, 10, 92, 18}));
}

TEST(DetectAll, RefusesOptionsOutOfRange) {
  fakes::FakeDetector detector(fakes::give_boxes({}));
  for (const DetectionOptions& bad :
       {DetectionOptions{.box_threshold = 1.5}, DetectionOptions{.text_threshold = -0.1},
        DetectionOptions{.max_iou = NAN}, DetectionOptions{.max_detections = -1},
        DetectionOptions{.tiles = 0}, DetectionOptions{.tiles = 9}}) {
    EXPECT_THROW(detect_all(detector, scene_with({}, 1), "a.", bad), std::invalid_argument);
  }
}

}  // namespace
}  // namespace situ
