// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/connected_components.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

namespace situ {
namespace {

at::Tensor mask_of(const std::vector<std::string>& rows) {
  at::Tensor mask = at::zeros(
      {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())}, at::kBool);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    for (std::size_t x = 0; x < rows[y].size(); ++x) {
      mask[static_cast<int64_t>(y)][static_cast<int64_t>(x)] = rows[y][x] == '#';
    }
  }
  return mask;
}

TEST(ConnectedComponents, JoinsArmsThatMeetLate) {
  const at::Tensor mask = mask_of({"#.#.#", "#.#.#", "#####"});
  const Components found = connected_components(mask, Connectivity::kFour);
  ASSERT_EQ(found.components.size(), 1u);
  EXPECT_EQ(found.components[0].area_px, 11);
  EXPECT_EQ(found.components[0].box, (Box{0, 0, 5, 3}));
}

TEST(ConnectedComponents, TellFourFromEightNeighbours) {
  const at::Tensor mask = mask_of({"#..#", ".##.", "#..#"});
  EXPECT_EQ(connected_components(mask, Connectivity::kEight).components.size(), 1u);
  EXPECT_EQ(connected_components(mask, Connectivity::kFour).components.size(), 5u);
}

TEST(ConnectedComponents, AreNumberedByTheirFirstPixels) {
  const at::Tensor mask = mask_of({"..##", "#...", "##.#"});
  const Components found = connected_components(mask, Connectivity::kFour);
  ASSERT_EQ(found.components.size(), 3u);
  EXPECT_EQ(found.labels[0][3].item<int>(), 1);
  EXPECT_EQ(found.labels[2][1].item<int>(), 2);
  EXPECT_EQ(found.labels[2][3].item<int>(), 3);
  EXPECT_EQ(found.labels[1][1].item<int>(), 0);
  EXPECT_EQ(found.components[1].box, (Box{0, 1, 2, 3}));
}

TEST(ConnectedComponents, FindsNoneInAnEmptyMask) {
  EXPECT_TRUE(
      connected_components(at::zeros({3, 3}, at::kBool), Connectivity::kEight).components.empty());
}

// A flood fill, slow and plain, over random masks.
TEST(ConnectedComponents, AgreesWithAFloodFillOnRandomMasks) {
  at::manual_seed(3);
  for (int round = 0; round < 20; ++round) {
    const at::Tensor mask = at::rand({13, 17}) < 0.5;
    const Components found = connected_components(mask, Connectivity::kEight);
    at::Tensor seen = at::zeros({13, 17}, at::kInt);
    int32_t count = 0;
    for (int64_t y = 0; y < 13; ++y) {
      for (int64_t x = 0; x < 17; ++x) {
        if (!mask[y][x].item<bool>() || seen[y][x].item<int>() != 0) continue;
        ++count;
        std::vector<std::pair<int64_t, int64_t>> stack = {{y, x}};
        while (!stack.empty()) {
          const auto [v, u] = stack.back();
          stack.pop_back();
          if (v < 0 || u < 0 || v >= 13 || u >= 17) continue;
          if (!mask[v][u].item<bool>() || seen[v][u].item<int>() != 0) continue;
          seen[v][u] = count;
          for (int dy = -1; dy <= 1; ++dy) {
            for (int dx = -1; dx <= 1; ++dx) stack.emplace_back(v + dy, u + dx);
          }
        }
      }
    }
    EXPECT_TRUE(at::equal(found.labels, seen));
  }
}

}  // namespace
}  // namespace situ
