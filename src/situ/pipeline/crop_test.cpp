// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/crop.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "situ/core/random.h"

namespace situ {
namespace {

Box region_at(int64_t top, int64_t left, int64_t height, int64_t width) {
  return {left, top, left + width, top + height};
}

Box square(int64_t top, int64_t left, int64_t side) { return {left, top, left + side, top + side}; }

// From running the original code on a 1024 x 2048 image.
TEST(CropBoxAround, EqualsTheOriginalCode) {
  const CropOptions automatic;
  EXPECT_EQ(crop_box_around(region_at(147, 1230, 237, 212), 1024, 2048, automatic),
            square(123, 1194, 284));
  EXPECT_EQ(crop_box_around(region_at(604, 945, 368, 309), 1024, 2048, automatic),
            square(568, 879, 441));
  EXPECT_EQ(crop_box_around(region_at(304, 1236, 656, 681), 1024, 2048, automatic),
            square(207, 1168, 817));
  const CropOptions fixed{.size = 512};
  EXPECT_EQ(crop_box_around(region_at(147, 1230, 237, 212), 1024, 2048, fixed),
            square(9, 1080, 512));
  EXPECT_EQ(crop_box_around(region_at(604, 945, 368, 309), 1024, 2048, fixed),
            square(512, 843, 512));
  EXPECT_EQ(crop_box_around(region_at(329, 377, 125, 116), 512, 512, fixed), square(0, 0, 512));
}

TEST(CropBoxAround, ShrinksToTheImageAndStaysSquare) {
  EXPECT_EQ(crop_box_around({10, 10, 20, 20}, 100, 300, {.size = 512}), (Box{0, 0, 100, 100}));
  EXPECT_EQ(crop_box_around({280, 10, 290, 20}, 100, 300, {.size = 512}), (Box{200, 0, 300, 100}));
}

TEST(CropBoxAround, IsNotSquareOnlyWhereTheRegionIsLongerThanTheImageIsHigh) {
  EXPECT_EQ(crop_box_around({50, 10, 250, 90}, 100, 300, {}), (Box{50, 0, 250, 100}));
}

TEST(CropBoxAround, GrowsWhereTheSizeWouldNotHoldTheRegion) {
  EXPECT_EQ(crop_box_around({100, 100, 300, 200}, 600, 600, {.size = 128}),
            (Box{80, 30, 320, 270}));
}

TEST(CropBoxAround, AlwaysHoldsTheRegionAndLiesInTheImage) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const int64_t height = random.integer(1, 200);
    const int64_t width = random.integer(1, 200);
    const int64_t y0 = random.integer(0, height);
    const int64_t x0 = random.integer(0, width);
    const Box region{x0, y0, random.integer(x0 + 1, width + 1), random.integer(y0 + 1, height + 1)};
    CropOptions options;
    if (random.chance(0.5)) options.size = random.integer(8, 300);
    const Box box = crop_box_around(region, height, width, options);
    ASSERT_TRUE(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= width && box.y1 <= height);
    ASSERT_EQ(intersection(box, region), region);
    const int64_t longest = std::max(region.width(), region.height());
    if (longest <= std::min(height, width)) {
      ASSERT_EQ(box.width(), box.height());
    }
  }
}

TEST(CropBoxAround, RefusesRegionsOutsideTheImageOrEmpty) {
  EXPECT_THROW(crop_box_around({-1, 0, 4, 4}, 10, 10, {}), std::invalid_argument);
  EXPECT_THROW(crop_box_around({0, 0, 11, 4}, 10, 10, {}), std::invalid_argument);
  EXPECT_THROW(crop_box_around({3, 3, 3, 4}, 10, 10, {}), std::invalid_argument);
  EXPECT_THROW(crop_box_around({3, 3, 4, 4}, 10, 10, {.size = 0}), std::invalid_argument);
}

TEST(CropAround, CopiesThePixelsAndMarksTheHole) {
  const at::Tensor scene = at::arange(3 * 40 * 50).remainder(256).to(at::kByte).view({3, 40, 50});
  const at::Tensor before = scene.clone();
  const Crop crop = crop_around(scene, {20, 10, 30, 20}, {.size = 16});
  EXPECT_EQ(crop.box, (Box{17, 7, 33, 23}));
  EXPECT_TRUE(crop.image.equal(scene.slice(1, 7, 23).slice(2, 17, 33)));
  EXPECT_TRUE(crop.image.is_contiguous());
  EXPECT_EQ(*bounding_box(crop.hole_mask), (Box{3, 3, 13, 13}));
  EXPECT_EQ(crop.hole_mask.sum().item<int64_t>(), 100);
  crop.image.fill_(0);
  EXPECT_TRUE(scene.equal(before));
}

}  // namespace
}  // namespace situ
