// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/filter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace situ {
namespace {

int64_t folded(int64_t position, int64_t size) {
  while (size > 1 && (position < 0 || position >= size)) {
    position = position < 0 ? -position : 2 * (size - 1) - position;
  }
  return size == 1 ? 0 : position;
}

/// Straight from the definition.
at::Tensor reference_blur(const at::Tensor& values, double sigma, int64_t radius) {
  const auto in = values.accessor<double, 2>();
  at::Tensor result = at::zeros_like(values);
  auto out = result.accessor<double, 2>();
  double total = 0.0;
  for (int64_t d = -radius; d <= radius; ++d) total += std::exp(-d * d / (2 * sigma * sigma));
  for (int64_t y = 0; y < values.size(0); ++y) {
    for (int64_t x = 0; x < values.size(1); ++x) {
      for (int64_t dy = -radius; dy <= radius; ++dy) {
        for (int64_t dx = -radius; dx <= radius; ++dx) {
          out[y][x] += std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)) / (total * total) *
                       in[folded(y + dy, values.size(0))][folded(x + dx, values.size(1))];
        }
      }
    }
  }
  return result;
}

TEST(GaussianBlur, SpreadsAPointByItsKernel) {
  at::Tensor values = at::zeros({5, 7}, at::kDouble);
  values[2][3] = 1.0;
  const at::Tensor blurred = gaussian_blur(values, 1.0, 1);
  constexpr double kCentre = 0.45186276;
  constexpr double kSide = 0.27406862;
  EXPECT_NEAR(blurred[2][3].item<double>(), kCentre * kCentre, 1e-8);
  EXPECT_NEAR(blurred[2][4].item<double>(), kCentre * kSide, 1e-8);
  EXPECT_NEAR(blurred[1][3].item<double>(), kCentre * kSide, 1e-8);
  EXPECT_NEAR(blurred[3][2].item<double>(), kSide * kSide, 1e-8);
  EXPECT_EQ(blurred[2][5].item<double>(), 0.0);
  EXPECT_EQ(blurred[4][3].item<double>(), 0.0);
}

TEST(GaussianBlur, MirrorsAboutTheBorderPixels) {
  const at::Tensor values = at::tensor({1.0, 2.0, 4.0}, at::kDouble).view({1, 3});
  const at::Tensor blurred = gaussian_blur(values, 1.0, 1);
  constexpr double kCentre = 0.45186276;
  constexpr double kSide = 0.27406862;
  EXPECT_NEAR(blurred[0][0].item<double>(), kCentre * 1 + kSide * (2 + 2), 1e-7);
  EXPECT_NEAR(blurred[0][2].item<double>(), kCentre * 4 + kSide * (2 + 2), 1e-7);
}

TEST(GaussianBlur, FollowsTheDefinitionAlsoWhenTheRadiusExceedsTheImage) {
  at::manual_seed(3);
  for (const auto& [height, width, radius] :
       {std::tuple{9, 14, 3}, {4, 3, 11}, {1, 5, 6}, {6, 1, 2}, {1, 1, 3}, {2, 2, 5}}) {
    const at::Tensor values = at::rand({height, width}, at::kDouble);
    const at::Tensor expected = reference_blur(values, 0.7 * radius, radius);
    EXPECT_TRUE(gaussian_blur(values, 0.7 * radius, radius).allclose(expected, 0.0, 1e-12))
        << height << "x" << width << " radius " << radius;
  }
}

TEST(GaussianBlur, FollowsTheDefinitionWhenMostOfTheImageIsZero) {
  at::manual_seed(4);
  for (const auto& [y, x] : {std::pair{2, 3}, {0, 0}, {29, 250}, {15, 140}}) {
    at::Tensor values = at::zeros({32, 260}, at::kDouble);
    values.slice(0, y, y + 3).slice(1, x, x + 8).uniform_();
    EXPECT_TRUE(gaussian_blur(values, 4.0, 4).allclose(reference_blur(values, 4.0, 4), 0.0, 1e-12));
  }
}

TEST(GaussianBlur, KeepsConstantsAndZeros) {
  const at::Tensor values = at::full({20, 300}, 255.0, at::kDouble);
  EXPECT_TRUE(gaussian_blur(values, 7.0, 7).allclose(values, 1e-14, 0.0));
  const at::Tensor zeros = at::zeros({20, 30}, at::kDouble);
  EXPECT_TRUE(gaussian_blur(zeros, 7.0, 7).equal(zeros));
}

TEST(GaussianBlur, CopiesWhenTheRadiusIsZero) {
  at::Tensor values = at::rand({3, 4}, at::kDouble);
  at::Tensor copy = gaussian_blur(values, 0.0, 0);
  EXPECT_TRUE(copy.equal(values));
  EXPECT_NE(copy.data_ptr(), values.data_ptr());
}

TEST(GaussianBlur, ReadsStridedValues) {
  const at::Tensor values = at::rand({6, 9}, at::kDouble).t();
  EXPECT_TRUE(gaussian_blur(values, 2.0, 2).equal(gaussian_blur(values.contiguous(), 2.0, 2)));
}

TEST(GaussianBlur, RefusesOtherTensorsAndKernels) {
  const at::Tensor values = at::zeros({4, 4}, at::kDouble);
  EXPECT_THROW(gaussian_blur(values.to(at::kFloat), 1.0, 1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(values.unsqueeze(0), 1.0, 1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(values, 1.0, -1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(values, 0.0, 1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(values, std::nan(""), 1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(values, 1.0, std::numeric_limits<int64_t>::max()),
               std::invalid_argument);
}

}  // namespace
}  // namespace situ
