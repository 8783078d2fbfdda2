// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/box.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

TEST(Box, CountsHalfOpenPixels) {
  const Box box{.x0 = 2, .y0 = 3, .x1 = 7, .y1 = 5};
  EXPECT_EQ(box.width(), 5);
  EXPECT_EQ(box.height(), 2);
  EXPECT_EQ(box.area(), 10);
}

TEST(Box, HasNoAreaWhenItsEndsAreSwapped) {
  const Box box{.x0 = 7, .y0 = 5, .x1 = 2, .y1 = 3};
  EXPECT_EQ(box.width(), 0);
  EXPECT_EQ(box.area(), 0);
}

TEST(Intersection, IsTheCommonPart) {
  EXPECT_EQ(intersection({0, 0, 10, 10}, {5, -3, 20, 4}), (Box{5, 0, 10, 4}));
}

TEST(Intersection, IsTheEmptyBoxWhenTheBoxesOnlyTouch) {
  EXPECT_EQ(intersection({0, 0, 10, 10}, {10, 0, 20, 10}), Box{});
}

TEST(BoxIou, IsCommonOverEither) {
  EXPECT_DOUBLE_EQ(box_iou({0, 0, 4, 4}, {2, 0, 6, 4}), 8.0 / 24.0);
  EXPECT_DOUBLE_EQ(box_iou({0, 0, 4, 4}, {0, 0, 4, 4}), 1.0);
  EXPECT_DOUBLE_EQ(box_iou({0, 0, 4, 4}, {9, 9, 12, 12}), 0.0);
  EXPECT_DOUBLE_EQ(box_iou({}, {}), 0.0);
}

TEST(BoundingBox, SurroundsTheTruePixelsTightly) {
  at::Tensor mask = at::zeros({8, 9}, at::kBool);
  mask[2][6] = true;
  mask[5][1] = true;
  mask[3][4] = true;
  EXPECT_EQ(bounding_box(mask), (Box{1, 2, 7, 6}));
}

TEST(BoundingBox, IsTheWholeImageWhenEveryPixelIsTrue) {
  EXPECT_EQ(bounding_box(at::ones({3, 5}, at::kBool)), (Box{0, 0, 5, 3}));
}

TEST(BoundingBox, IsNothingWithoutTruePixels) {
  EXPECT_FALSE(bounding_box(at::zeros({3, 5}, at::kBool)).has_value());
}

TEST(BoundingBox, ReadsStridedMasks) {
  at::Tensor mask = at::zeros({4, 6}, at::kBool);
  mask[1][5] = true;
  EXPECT_EQ(bounding_box(mask.t()), (Box{1, 5, 2, 6}));
}

TEST(BoundingBox, RefusesWhatIsNoMask) {
  EXPECT_THROW(bounding_box(at::zeros({3, 5})), std::invalid_argument);
  EXPECT_THROW(bounding_box(at::zeros({1, 3, 5}, at::kBool)), std::invalid_argument);
  EXPECT_THROW(bounding_box(at::Tensor()), std::invalid_argument);
}

}  // namespace
}  // namespace situ
