// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/box.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace situ {
namespace {

TEST(Box, OverlapsAreSharedPixels) {
  const Box a{0, 0, 4, 4};
  const Box b{2, 1, 6, 3};
  EXPECT_EQ(intersection(a, b), (Box{2, 1, 4, 3}));
  EXPECT_EQ(intersection(a, Box{4, 0, 8, 4}), Box{});
  EXPECT_DOUBLE_EQ(box_iou(a, b), 4.0 / 20.0);
  EXPECT_DOUBLE_EQ(box_iou(a, a), 1);
  EXPECT_DOUBLE_EQ(box_iou(Box{}, Box{}), 0);
}

TEST(BoundingBox, IsTightAndNothingForAnEmptyMask) {
  at::Tensor mask = at::zeros({5, 7}, at::kBool);
  EXPECT_EQ(bounding_box(mask), std::nullopt);
  mask[1][2] = true;
  mask[3][6] = true;
  EXPECT_EQ(bounding_box(mask), (Box{2, 1, 7, 4}));
  EXPECT_THROW(bounding_box(at::zeros({5, 7})), std::invalid_argument);
}

}  // namespace
}  // namespace situ
