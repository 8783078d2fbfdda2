// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/integral_image.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace situ {
namespace {

TEST(IntegralImage, CountsTheTruePixelsOfABox) {
  at::Tensor mask = at::zeros({4, 5}, at::kBool);
  mask[0][0] = true;
  mask[1][2] = true;
  mask[2][2] = true;
  mask[3][4] = true;
  const IntegralImage image(mask);
  EXPECT_EQ(image.height(), 4);
  EXPECT_EQ(image.width(), 5);
  EXPECT_EQ(image.count({0, 0, 5, 4}), 4);
  EXPECT_EQ(image.count({2, 1, 3, 3}), 2);
  EXPECT_EQ(image.count({1, 0, 5, 1}), 0);
  EXPECT_EQ(image.count({4, 3, 5, 4}), 1);
}

TEST(IntegralImage, CountsOnlyInsideTheImage) {
  const IntegralImage image(at::ones({4, 5}, at::kBool));
  EXPECT_EQ(image.count({-10, -10, 3, 2}), 6);
  EXPECT_EQ(image.count({3, 2, 50, 50}), 4);
  EXPECT_EQ(image.count({8, 8, 9, 9}), 0);
  EXPECT_EQ(image.count({3, 3, 1, 1}), 0);
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(image.count({kLow, kLow, kHigh, kHigh}), 20);
}

TEST(IntegralImage, AgreesWithSumsOnNoise) {
  at::manual_seed(5);
  // The last one is large enough to be summed up in several bands.
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 77}, {77, 1}, {33, 50}, {700, 1501}}) {
    const at::Tensor mask = at::rand({height, width}) < 0.5;
    const IntegralImage image(mask);
    for (int i = 0; i < 50; ++i) {
      const auto draw = [&](int64_t size) { return at::randint(size + 1, {2}).to(at::kLong); };
      const at::Tensor xs = std::get<0>(draw(width).sort());
      const at::Tensor ys = std::get<0>(draw(height).sort());
      const Box box{xs[0].item<int64_t>(), ys[0].item<int64_t>(), xs[1].item<int64_t>(),
                    ys[1].item<int64_t>()};
      EXPECT_EQ(image.count(box),
                mask.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1).sum().item<int64_t>());
    }
  }
}

TEST(IntegralImage, StaysValidInCopiesAndAfterTheMaskChanges) {
  at::Tensor mask = at::ones({3, 3}, at::kBool);
  const IntegralImage copy = [&] { return IntegralImage(IntegralImage(mask)); }();
  mask.zero_();
  EXPECT_EQ(copy.count({0, 0, 3, 3}), 9);
}

TEST(IntegralImage, RefusesWhatIsNoMask) {
  EXPECT_THROW(IntegralImage(at::zeros({3, 3})), std::invalid_argument);
  EXPECT_THROW(IntegralImage(at::zeros({3}, at::kBool)), std::invalid_argument);
}

}  // namespace
}  // namespace situ
