// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/token_windows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace situ {
namespace {

TEST(TokenWindows, AreCutRowByRowAndPaddedAtTheRightAndBottom) {
  // 0 1 2
  // 3 4 5
  // 6 7 8
  const at::Tensor grid = at::arange(9, at::kFloat).view({1, 3, 3, 1});
  const TokenWindows windows{.pictures = 1, .height = 3, .width = 3, .side = 2};
  const at::Tensor expected =
      at::tensor({0, 1, 3, 4, 2, -1, 5, -1, 6, 7, -1, -1, 8, -1, -1, -1}, at::kFloat);
  const at::Tensor cut = cut_into_windows(grid, windows, at::full({1}, -1.0F));
  EXPECT_TRUE(cut.equal(expected.view({4, 4, 1})));
  EXPECT_TRUE(cut_into_windows(grid, windows).equal(cut.clamp_min(0)));
}

TEST(TokenWindows, AreJoinedToWhatTheyWereCutFrom) {
  for (const auto& [height, width, side] :
       {std::array<int64_t, 3>{4, 6, 2}, {5, 3, 4}, {3, 3, 3}, {1, 7, 2}}) {
    const at::Tensor grid = at::randn({2, height, width, 3});
    const TokenWindows windows{.pictures = 2, .height = height, .width = width, .side = side};
    EXPECT_TRUE(join_windows(cut_into_windows(grid, windows), windows).equal(grid));
  }
}

}  // namespace
}  // namespace situ
