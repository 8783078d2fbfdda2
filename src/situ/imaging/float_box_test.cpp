// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/float_box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FloatBox, OverlapsAsItsAreasDo) {
  const FloatBox unit{0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(box_iou(unit, unit), 1);
  EXPECT_DOUBLE_EQ(box_iou(unit, FloatBox{0.5, 0, 1.5, 1}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(box_iou(unit, FloatBox{1, 0, 2, 1}), 0);
  EXPECT_DOUBLE_EQ(box_iou(FloatBox{1, 1, 0, 0}, FloatBox{2, 2, 2, 2}), 0) << "both are empty";
}

TEST(FloatBox, TouchesThePixelsThatItReachesIntoWithinTheImage) {
  EXPECT_EQ(touched_pixels({1.2, 2.0, 3.1, 4.0}, 10, 10), (Box{1, 2, 4, 4}));
  EXPECT_EQ(touched_pixels({-5, -0.5, 100, 3}, 6, 8), (Box{0, 0, 8, 3}));
  EXPECT_EQ(touched_pixels({20, 20, 30, 30}, 6, 8).area(), 0);
}

TEST(NonMaximumSuppression, KeepsTheSurestOfEachPlace) {
  const std::vector<FloatBox> boxes{{0, 0, 10, 10}, {1, 0, 11, 10}, {20, 0, 30, 10}, {0, 0, 10, 9}};
  EXPECT_THAT(non_maximum_suppression(boxes, {0.5, 0.9, 0.1, 0.9}, 0.5), ElementsAre(1, 2));
  EXPECT_THAT(non_maximum_suppression(boxes, {0.5, 0.9, 0.1, 0.9}, 0.85), ElementsAre(1, 3, 2))
      << "the first overlaps the last by 0.9; equal scores keep their order";
  EXPECT_THAT(non_maximum_suppression(boxes, {4, 3, 2, 1}, 1), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(non_maximum_suppression({}, {}, 0.5), IsEmpty());
  EXPECT_THROW(non_maximum_suppression(boxes, {1}, 0.5), std::invalid_argument);
}

TEST(OverlappingTiles, CoverTheImageAndOverlap) {
  // Two windows of 4 / (2 - 0.25) = 2.3, rounded up to 3, at both ends.
  EXPECT_THAT(overlapping_tiles(4, 2, 2, 1, 0.25), ElementsAre(Box{0, 0, 2, 3}, Box{0, 1, 2, 4}));
  EXPECT_THAT(overlapping_tiles(1, 7, 3, 1, 0.2), ElementsAre(Box{0, 0, 7, 1}));
  for (const auto& [height, width] : {std::pair{97, 131}, {50, 1000}, {3, 3}}) {
    const std::vector<Box> tiles = overlapping_tiles(height, width, 3, 4, 0.2);
    std::vector<int> seen(static_cast<std::size_t>(height * width));
    for (const Box& tile : tiles) {
      EXPECT_EQ(tile.width(), tiles[0].width());
      EXPECT_EQ(tile.height(), tiles[0].height());
      for (int64_t y = tile.y0; y < tile.y1; ++y) {
        for (int64_t x = tile.x0; x < tile.x1; ++x) {
          ++seen.at(static_cast<std::size_t>(y * width + x));
        }
      }
    }
    EXPECT_THAT(seen, ::testing::Each(::testing::Ge(1))) << height << " x " << width;
  }
}

TEST(OverlappingTiles, RefuseWhatCoversNothing) {
  EXPECT_THROW(overlapping_tiles(4, 4, 0, 1, 0.2), std::invalid_argument);
  EXPECT_THROW(overlapping_tiles(4, 4, 1, 1, 0.6), std::invalid_argument);
}

}  // namespace
}  // namespace situ
