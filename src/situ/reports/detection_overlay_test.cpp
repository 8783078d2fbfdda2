// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/detection_overlay.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "situ/imaging/palette.h"

namespace situ {
namespace {

at::Tensor grey(int64_t height, int64_t width) {
  return at::full({3, height, width}, 90, at::kByte);
}

TEST(DetectionOverlay, TintsTheMaskAndOutlinesTheBoxInOneColour) {
  at::Tensor mask = at::zeros({60, 80}, at::kBool);
  mask.narrow(0, 30, 10).narrow(1, 30, 10).fill_(true);
  const at::Tensor image = grey(60, 80);
  const at::Tensor picture = detection_overlay(image, {{"", {20, 20, 50, 50}, mask}});
  const Color color = palette_color(0);
  EXPECT_EQ(picture[0][20][35].item<int>(), color.r) << "the box's upper edge";
  EXPECT_NE(picture[2][35][35].item<int>(), 90) << "inside the mask";
  EXPECT_EQ(picture[0][25][25].item<int>(), 90) << "inside the box, outside the mask";
  EXPECT_TRUE(image.eq(90).all().item<bool>()) << "the image itself stays as it is";
}

TEST(DetectionOverlay, KeepsCaptionsInsideThePicture) {
  const at::Tensor plain = detection_overlay(grey(60, 80), {{"", {60, 0, 80, 20}}});
  const at::Tensor with = detection_overlay(grey(60, 80), {{"a dog 0.83", {60, 0, 80, 20}}});
  const at::Tensor changed = plain.ne(with).any(0);
  EXPECT_GT(changed.sum().item<int64_t>(), 100);
  EXPECT_EQ(changed.narrow(0, 20, 40).sum().item<int64_t>(), 0);
}

TEST(DetectionOverlay, IsThePictureWhereThereIsNothing) {
  EXPECT_TRUE(detection_overlay(grey(5, 7), {}).equal(grey(5, 7)));
  EXPECT_TRUE(
      detection_overlay(grey(5, 7), {{"far away", {100, 100, 200, 200}}}).equal(grey(5, 7)));
  EXPECT_THROW(detection_overlay(at::zeros({5, 7}), {}), std::invalid_argument);
}

}  // namespace
}  // namespace situ
