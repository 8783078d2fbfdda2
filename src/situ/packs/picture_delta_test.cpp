// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/picture_delta.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

TEST(PictureDelta, HoldsTheBoxThatChangedAndWrapsAround) {
  const at::Tensor base = at::full({3, 4, 5}, 250, at::kByte);
  const at::Tensor changed = base.clone();
  changed[0][1][2] = 4;    // 10 more
  changed[2][2][3] = 240;  // 10 less
  const PictureDelta delta = picture_delta(base, changed);
  EXPECT_EQ(delta.box, (Box{2, 1, 4, 3}));
  EXPECT_EQ(delta.values.sizes(), (at::IntArrayRef{3, 2, 2}));
  EXPECT_EQ(delta.values[0][0][0].item<int>(), 10);
  EXPECT_EQ(delta.values[2][1][1].item<int>(), 246);
  EXPECT_EQ(delta.values.ne(0).sum().item<int>(), 2);
  EXPECT_TRUE(at::equal(apply_delta(base, delta), changed));
}

TEST(PictureDelta, OfEqualPicturesIsEmpty) {
  const at::Tensor base = at::full({4, 5}, 7, at::kByte);
  const PictureDelta delta = picture_delta(base, base);
  EXPECT_EQ(delta.values.numel(), 0);
  EXPECT_TRUE(at::equal(apply_delta(base, delta), base));
}

TEST(PictureDelta, GivesEveryPictureBack) {
  at::manual_seed(2);
  for (int round = 0; round < 20; ++round) {
    const at::Tensor base = at::randint(0, 256, {3, 9, 7}, at::kByte);
    const at::Tensor noise = at::randint(0, 256, {3, 9, 7}, at::kByte);
    const at::Tensor changed = at::where(at::rand({9, 7}) < 0.2, noise, base);
    EXPECT_TRUE(at::equal(apply_delta(base, picture_delta(base, changed)), changed));
    const at::Tensor wide = at::randint(0, 65536, {9, 7}, at::kInt);
    const at::Tensor other = at::randint(0, 65536, {9, 7}, at::kInt);
    EXPECT_TRUE(at::equal(apply_delta(wide, picture_delta(wide, other)), other));
  }
}

TEST(PictureDelta, RefusesWhatDoesNotFit) {
  const at::Tensor base = at::zeros({3, 4, 5}, at::kByte);
  EXPECT_THROW(picture_delta(base, at::zeros({3, 4, 6}, at::kByte)), std::invalid_argument);
  EXPECT_THROW(picture_delta(base, at::zeros({3, 4, 5})), std::invalid_argument);
  PictureDelta delta{.box = {3, 3, 6, 5}, .values = at::ones({3, 2, 3}, at::kByte)};
  EXPECT_THROW(apply_delta(base, delta), std::invalid_argument);
  delta.box = {-1, 0, 2, 2};
  EXPECT_THROW(apply_delta(base, delta), std::invalid_argument);
  delta.box = {0, 0, 3, 2};
  EXPECT_NO_THROW(apply_delta(base, delta));
  EXPECT_THROW(apply_delta(base.to(at::kInt)[0], delta), std::invalid_argument);
}

TEST(PixelsSha256, DependsOnShapeAndValues) {
  const at::Tensor picture = at::arange(6, at::kByte).view({2, 3});
  EXPECT_EQ(pixels_sha256(picture), pixels_sha256(picture.clone()));
  EXPECT_EQ(pixels_sha256(picture.t()), pixels_sha256(picture.t().contiguous()));
  EXPECT_NE(pixels_sha256(picture), pixels_sha256(picture.view({3, 2})));
  EXPECT_NE(pixels_sha256(picture), pixels_sha256(picture.to(at::kInt)));
}

}  // namespace
}  // namespace situ
