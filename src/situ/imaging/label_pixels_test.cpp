// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/label_pixels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace situ {
namespace {

TEST(PixelsWith, FindsTheIdsInBothTypes) {
  const at::Tensor labels = at::tensor({0, 7, 255, 8, 300, 7}, at::kInt).view({2, 3});
  const std::vector<int64_t> ids{7, 300, 70000, -1};
  const at::Tensor expected = at::tensor({0, 1, 0, 0, 1, 1}, at::kInt).to(at::kBool).view({2, 3});
  EXPECT_TRUE(pixels_with(labels, ids).equal(expected));
  // As bytes, 300 is 44.
  EXPECT_EQ(pixels_with(labels.to(at::kByte), ids).sum().item<int64_t>(), 2);
  EXPECT_FALSE(pixels_with(at::full({1, 2}, -1, at::kInt), ids).any().item<bool>());
}

TEST(PixelsWith, RefusesOtherTensors) {
  EXPECT_THROW(pixels_with(at::zeros({3}, at::kByte), {}), std::invalid_argument);
  EXPECT_THROW(pixels_with(at::zeros({3, 3}), {}), std::invalid_argument);
}

}  // namespace
}  // namespace situ
