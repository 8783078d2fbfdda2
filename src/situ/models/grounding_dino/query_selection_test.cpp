// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/query_selection.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace situ {
namespace {

// A picture of 4 x 2 places (left to right, top to bottom) and one of 1 x 1.
ImageFeatures two_levels() {
  return {.levels = {{4, 2}, {1, 1}}, .valid_ratios = at::ones({1, 2, 2})};
}

TEST(MakeAnchors, StandInTheMiddleOfTheirPlaces) {
  const at::Tensor boxes = make_anchors(two_levels()).logits.sigmoid()[0];
  const at::Tensor expected = at::tensor({0.75F, 0.375F, 0.05F, 0.05F});  // row 1, column 1
  EXPECT_TRUE(at::allclose(boxes[3], expected, 1e-5, 1e-6)) << boxes[3];
  EXPECT_TRUE(at::allclose(boxes[8], at::tensor({0.5F, 0.5F, 0.1F, 0.1F}), 1e-5, 1e-6))
      << "a coarser level has larger boxes: " << boxes[8];
}

TEST(MakeAnchors, CountPlacesOfThePictureAndNotOfItsPadding) {
  ImageFeatures image = two_levels();
  image.valid_ratios = at::tensor({0.5F, 0.5F, 1.0F, 1.0F}).view({1, 2, 2});
  image.padding = at::tensor({0, 1, 0, 1, 1, 1, 1, 1, 0}).to(at::kBool).view({1, 9});
  const Anchors anchors = make_anchors(image);
  EXPECT_TRUE(anchors.unusable.equal(image.padding));
  const at::Tensor box = anchors.logits.sigmoid()[0][2];
  EXPECT_TRUE(at::allclose(box, at::tensor({0.5F, 0.75F, 0.05F, 0.05F}), 1e-5, 1e-6)) << box;
  EXPECT_TRUE(anchors.logits[0][1].isinf().all().item<bool>());
}

TEST(MakeAnchors, AreUnusableWhereTheyAreNearlyOutside) {
  const ImageFeatures image{.levels = {{1, 200}}, .valid_ratios = at::ones({1, 1, 2})};
  const at::Tensor unusable = make_anchors(image).unusable[0];  // centres at 0.0025, 0.0075, …
  EXPECT_TRUE(unusable[1].item<bool>());
  EXPECT_FALSE(unusable[2].item<bool>());
  EXPECT_FALSE(unusable[197].item<bool>());
  EXPECT_TRUE(unusable[198].item<bool>());
}

TEST(TokenLogits, AreProductsAndNothingAtPadding) {
  const FusionFeatures features{.image = {},
                                .text = at::tensor({1.0F, 0.0F, 0.0F, 2.0F}).view({1, 2, 2}),
                                .image_padding = {},
                                .text_padding = at::tensor({0, 1}).to(at::kBool).view({1, 2})};
  const at::Tensor logits = token_logits(at::tensor({3.0F, 4.0F}).view({1, 1, 2}), features)[0][0];
  EXPECT_EQ(logits[0].item<float>(), 3);
  EXPECT_EQ(logits[1].item<float>(), -INFINITY);
}

}  // namespace
}  // namespace situ
