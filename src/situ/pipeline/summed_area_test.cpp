// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/summed_area.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "situ/core/random.h"

namespace situ {
namespace {

TEST(SummedArea, CountsTheTruePixelsOfEveryBox) {
  Random random(1);
  at::Tensor mask = at::zeros({7, 9}, at::kBool);
  for (int64_t i = 0; i < mask.numel(); ++i) mask.view({-1})[i] = random.chance(0.4);
  const SummedArea sums(mask);
  for (int64_t y0 = 0; y0 < 7; ++y0) {
    for (int64_t x0 = 0; x0 < 9; ++x0) {
      for (int64_t y1 = y0; y1 <= 7; ++y1) {
        for (int64_t x1 = x0; x1 <= 9; ++x1) {
          const int64_t expected = mask.slice(0, y0, y1).slice(1, x0, x1).sum().item<int64_t>();
          ASSERT_EQ(sums.count({x0, y0, x1, y1}), expected);
        }
      }
    }
  }
  EXPECT_EQ(sums.total(), mask.sum().item<int64_t>());
}

TEST(SummedArea, ReadsMasksThatAreNotContiguous) {
  at::Tensor mask = at::zeros({4, 6}, at::kBool);
  mask[1][5] = true;
  const SummedArea sums(mask.t());
  EXPECT_EQ(sums.height(), 6);
  EXPECT_EQ(sums.count({1, 5, 2, 6}), 1);
}

TEST(SummedArea, RefusesWhatIsNoMask) {
  EXPECT_THROW(SummedArea(at::zeros({4, 6}, at::kByte)), std::invalid_argument);
  EXPECT_THROW(SummedArea(at::zeros({0, 6}, at::kBool)), std::invalid_argument);
  EXPECT_THROW(SummedArea(at::Tensor()), std::invalid_argument);
}

}  // namespace
}  // namespace situ
