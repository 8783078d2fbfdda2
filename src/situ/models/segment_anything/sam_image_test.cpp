// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/sam_image.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

TEST(SamFrame, FillsTheSquareWithTheLongerSide) {
  const SamFrame wide = SamFrame::of(1024, 2048, 1024);
  EXPECT_EQ(wide.seen_height, 512);
  EXPECT_EQ(wide.seen_width, 1024);
  const SamFrame small = SamFrame::of(3, 2, 1024);  // 2 * 341.33 = 682.67
  EXPECT_EQ(small.seen_height, 1024);
  EXPECT_EQ(small.seen_width, 683);
  EXPECT_EQ(SamFrame::of(1, 5000, 1024).seen_height, 1);
  EXPECT_THROW(SamFrame::of(0, 5, 1024), std::invalid_argument);
}

TEST(SamPixels, AreNormalisedAndPaddedWithZeros) {
  const at::Tensor pixels = sam_pixels(at::full({3, 2, 4}, 255, at::kByte), SamFrame::of(2, 4, 4));
  ASSERT_EQ(pixels.sizes(), (at::IntArrayRef{1, 3, 4, 4}));
  EXPECT_NEAR(pixels[0][0][1][3].item<double>(), (1 - 0.485) / 0.229, 1e-6);
  EXPECT_EQ(pixels.slice(2, 2).abs().max().item<double>(), 0);
}

TEST(PictureMasks, OfAStretchedPictureFillIt) {
  at::Tensor logits = at::full({1, 1, 4, 4}, -1.0F);
  logits.slice(3, 2, 4).fill_(1);
  const SamFrame frame = SamFrame::stretched_over(8, 32, 16);
  const at::Tensor masks = picture_masks(logits, frame);
  ASSERT_EQ(masks.sizes(), (at::IntArrayRef{1, 1, 8, 32}));
  EXPECT_EQ(masks.sum().item<int64_t>(), 8 * 16) << "its right half";
  EXPECT_FLOAT_EQ(to_square(at::tensor({32.0F, 8.0F}).view({1, 2}), frame)[0][1].item<float>(), 16);
}

TEST(ToSquare, ScalesEachAxisByItsRoundedSides) {
  const at::Tensor places = to_square(at::tensor({2.0F, 3.0F}).view({1, 2}), SamFrame::of(3, 2, 8));
  EXPECT_FLOAT_EQ(places[0][0].item<float>(), 2 * 5 / 2.0F);  // 2 * 8 / 3 = 5.33 -> 5
  EXPECT_FLOAT_EQ(places[0][1].item<float>(), 3 * 8 / 3.0F);
}

TEST(PictureMasks, LeaveThePaddingOut) {
  // The left half of the square's logits is positive; a portrait picture fills only the left half.
  at::Tensor logits = at::full({2, 1, 8, 8}, -1.0F);
  logits.slice(3, 0, 4).fill_(1);
  const at::Tensor masks = picture_masks(logits, SamFrame::of(64, 16, 32));
  ASSERT_EQ(masks.sizes(), (at::IntArrayRef{2, 1, 64, 16}));
  EXPECT_TRUE(masks.all().item<bool>()) << "it is 8 of the square's 32 columns wide";
}

}  // namespace
}  // namespace situ
