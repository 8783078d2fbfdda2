// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/tiles.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

namespace situ {
namespace {

at::Tensor doubled(const at::Tensor& x) {
  return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
}

TEST(Tiles, ANetworkThatSeesOnePixelGivesTheSameInTiles) {
  at::manual_seed(1);
  for (const auto& [height, width] : {std::pair{8, 8}, {9, 31}, {24, 6}, {25, 25}, {1, 1}}) {
    const at::Tensor x = at::randn({2, 3, height, width});
    const at::Tensor got = applied_in_tiles(x, {.input = 8, .output = 16}, doubled);
    EXPECT_TRUE(at::allclose(got, doubled(x), 0, 1e-6)) << height << " x " << width;
  }
}

TEST(Tiles, FadeIntoEachOtherOverAQuarter) {
  // Tiles at 0 to 7, 6 to 13 and 12 to 13; the network gives their number.
  int number = 0;
  const auto network = [&](const at::Tensor& x) { return at::full_like(x, number++); };
  const at::Tensor got =
      applied_in_tiles(at::zeros({1, 1, 4, 14}), {.input = 8, .output = 8}, network);
  const at::Tensor expected =
      at::tensor({0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 3}, at::kFloat) / 2;
  EXPECT_TRUE(got[0][0][0].equal(expected)) << got;
}

TEST(Tiles, OverlapByAQuarterRoundedUp) {
  std::vector<int64_t> widths;  // 10-pixel tiles start 7 pixels apart
  applied_in_tiles(at::zeros({1, 1, 4, 16}), {.input = 10, .output = 10}, [&](const at::Tensor& x) {
    widths.push_back(x.size(3));
    return x.clone();
  });
  EXPECT_EQ(widths, (std::vector<int64_t>{10, 9, 2}));
}

TEST(Tiles, TooSmallToOverlapAreRefused) {
  EXPECT_THROW(applied_in_tiles(at::zeros({1, 1, 4, 4}), {.input = 3, .output = 8}, doubled),
               std::invalid_argument);
}

}  // namespace
}  // namespace situ
