// SPDX-License-Identifier: Apache-2.0
#include "situ/core/tensor_check.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

TEST(CheckShape, AcceptsNumbersAndNamesThatRepeat) {
  EXPECT_NO_THROW(check_shape(at::zeros({3, 4, 4}), {"3", "S", "S"}, "x"));
  EXPECT_THROW(check_shape(at::zeros({3, 4, 5}), {"3", "S", "S"}, "x"), std::invalid_argument);
  EXPECT_THROW(check_shape(at::zeros({1, 4, 4}), {"3", "S", "S"}, "x"), std::invalid_argument);
  EXPECT_THROW(check_shape(at::zeros({3, 0}), {"3", "S"}, "x"), std::invalid_argument);
  EXPECT_THROW(check_shape(at::Tensor(), {"S"}, "x"), std::invalid_argument);
}

TEST(CheckShape, SaysWhereWhatWasExpectedAndWhatCame) {
  try {
    check_shape(at::zeros({4, 4, 3}), {"H", "W"}, "blend: mask");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "blend: mask: expected [H, W], got [4, 4, 3]");
  }
}

TEST(CheckImage, WantsBytesInThreePlanes) {
  EXPECT_NO_THROW(check_image(at::zeros({3, 2, 2}, at::kByte), "x"));
  EXPECT_THROW(check_image(at::zeros({3, 2, 2}), "x"), std::invalid_argument);
}

}  // namespace
}  // namespace situ
