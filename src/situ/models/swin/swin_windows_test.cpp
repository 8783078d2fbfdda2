// SPDX-License-Identifier: Apache-2.0
#include "situ/models/swin/swin_windows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace situ {
namespace {

at::Tensor longs(std::initializer_list<int64_t> values) {
  return at::tensor(std::vector<int64_t>(values), at::kLong);
}

TEST(SwinWindows, CutAMapRowByRow) {
  // 0 1 2 3
  // 4 5 6 7
  const SwinWindows windows = swin_windows(2, 4, 2, 0);
  EXPECT_EQ(windows.count, 2);
  EXPECT_TRUE(windows.source.equal(longs({0, 1, 4, 5, 2, 3, 6, 7})));
  EXPECT_TRUE(windows.place.equal(longs({0, 1, 4, 5, 2, 3, 6, 7})));
  EXPECT_EQ(windows.padding.numel(), 0);
  EXPECT_FALSE(windows.apart.defined());
}

TEST(SwinWindows, PadAtTheRightAndBottom) {
  // 0 .
  // . .
  const SwinWindows windows = swin_windows(1, 1, 2, 0);
  EXPECT_TRUE(windows.padding.equal(longs({1, 2, 3})));
  EXPECT_TRUE(windows.place.equal(longs({0})));
}

TEST(SwinWindows, MoveLeftAndUpAndKeepWhatOnlyTheShiftBroughtTogetherApart) {
  // One window of 0 1 / 2 3, moved by one: 3 2 / 1 0, all of different stretches.
  const SwinWindows windows = swin_windows(2, 2, 2, 1);
  EXPECT_TRUE(windows.source.equal(longs({3, 2, 1, 0})));
  const at::Tensor expected = (1 - at::eye(4)) * -100;
  EXPECT_TRUE(windows.apart.equal(expected.unsqueeze(0)));
}

TEST(SwinWindows, GiveEveryTokenItsOwnPlace) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{5, 9}, {7, 3}, {12, 8}}) {
    for (const int64_t shift : {0, 2}) {
      const SwinWindows windows = swin_windows(height, width, 4, shift);
      EXPECT_TRUE(windows.source.index_select(0, windows.place)
                      .equal(at::arange(height * width, at::kLong)));
      EXPECT_EQ(windows.padding.numel() + height * width, windows.count * windows.tokens);
    }
  }
  EXPECT_THROW(swin_windows(4, 4, 4, 4), std::invalid_argument);
  EXPECT_THROW(swin_windows(0, 4, 4, 0), std::invalid_argument);
}

TEST(RelativePositionIndex, CountsRowsAndColumnsApart) {
  // From (0, 0) to itself: the middle of 3 x 3; from (1, 1) to (0, 0): the last.
  const at::Tensor index = relative_position_index(2);
  EXPECT_EQ(index[0][0].item<int64_t>(), 4);
  EXPECT_EQ(index[3][0].item<int64_t>(), 8);
  EXPECT_EQ(index[0][3].item<int64_t>(), 0);
  EXPECT_EQ(index[1][0].item<int64_t>(), 5) << "one column to the left";
  EXPECT_EQ(index[2][0].item<int64_t>(), 7) << "one row up";
}

}  // namespace
}  // namespace situ
