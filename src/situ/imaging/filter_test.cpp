// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/filter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace situ {
namespace {

TEST(GaussianBlur, HasTheTapsOfOpenCv) {
  at::Tensor impulse = at::zeros({1, 7}, at::kDouble);
  impulse[0][3] = 1;
  const at::Tensor blurred = gaussian_blur(impulse, 1, 1);
  EXPECT_NEAR(blurred[0][2].item<double>(), 0.27406862, 1e-8);
  EXPECT_NEAR(blurred[0][3].item<double>(), 0.45186276, 1e-8);
  EXPECT_EQ(blurred[0][1].item<double>(), 0);
}

TEST(GaussianBlur, KeepsAConstantAlsoWhereTheKernelIsLargerThanTheImage) {
  const at::Tensor constant = at::full({3, 5}, 0.7, at::kDouble);
  EXPECT_TRUE(at::allclose(gaussian_blur(constant, 50, 50), constant));
  EXPECT_TRUE(at::allclose(gaussian_blur(constant.slice(0, 0, 1), 2, 6), constant.slice(0, 0, 1)));
}

TEST(GaussianBlur, MirrorsWithoutRepeatingTheEdge) {
  const at::Tensor row = at::tensor({1.0, 2.0, 4.0}, at::kDouble).unsqueeze(0);
  const at::Tensor blurred = gaussian_blur(row, 1, 1);
  EXPECT_NEAR(blurred[0][0].item<double>(), 0.45186276 * 1 + 2 * 0.27406862 * 2, 1e-7);
  EXPECT_NEAR(blurred[0][2].item<double>(), 0.45186276 * 4 + 2 * 0.27406862 * 2, 1e-7);
}

TEST(GaussianBlur, IsTheSameAlongBothAxes) {
  at::manual_seed(1);
  const at::Tensor values = at::rand({9, 9}, at::kDouble);
  EXPECT_TRUE(
      at::allclose(gaussian_blur(values, 2, 5), gaussian_blur(values.t().contiguous(), 2, 5).t()));
}

TEST(GaussianBlur, RefusesSenselessSizes) {
  EXPECT_THROW(gaussian_blur(at::zeros({2, 2}, at::kDouble), 0, 1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(at::zeros({2, 2}, at::kDouble), 1, -1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(at::zeros({2, 2}), 1, 1), std::invalid_argument);
}

}  // namespace
}  // namespace situ
