// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/connected_components.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace situ {
namespace {

/// '#' is true.
at::Tensor mask_of(const std::vector<std::string>& rows) {
  at::Tensor mask = at::zeros(
      {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())}, at::kBool);
  for (size_t y = 0; y < rows.size(); ++y) {
    for (size_t x = 0; x < rows[y].size(); ++x) mask[y][x] = rows[y][x] == '#';
  }
  return mask;
}

/// '1'..'9' are labels, anything else is background.
at::Tensor labels_of(const std::vector<std::string>& rows) {
  at::Tensor labels = at::zeros(
      {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())}, at::kInt);
  for (size_t y = 0; y < rows.size(); ++y) {
    for (size_t x = 0; x < rows[y].size(); ++x) {
      if (rows[y][x] >= '1' && rows[y][x] <= '9') labels[y][x] = rows[y][x] - '0';
    }
  }
  return labels;
}

/// By flooding from each pixel in raster order: slow and obvious.
at::Tensor flooded_labels(const at::Tensor& mask, Connectivity connectivity) {
  const int64_t height = mask.size(0);
  const int64_t width = mask.size(1);
  at::Tensor labels = at::zeros({height, width}, at::kInt);
  const auto in = mask.accessor<bool, 2>();
  auto out = labels.accessor<int32_t, 2>();
  int32_t next = 0;
  for (int64_t start = 0; start < height * width; ++start) {
    std::vector<std::pair<int64_t, int64_t>> open = {{start / width, start % width}};
    if (!in[start / width][start % width] || out[start / width][start % width]) continue;
    out[start / width][start % width] = ++next;
    while (!open.empty()) {
      const auto [y, x] = open.back();
      open.pop_back();
      for (int64_t dy = -1; dy <= 1; ++dy) {
        for (int64_t dx = -1; dx <= 1; ++dx) {
          if (connectivity == Connectivity::kFour && dy != 0 && dx != 0) continue;
          const int64_t v = y + dy;
          const int64_t u = x + dx;
          if (v < 0 || u < 0 || v >= height || u >= width || !in[v][u] || out[v][u]) continue;
          out[v][u] = next;
          open.emplace_back(v, u);
        }
      }
    }
  }
  return labels;
}

TEST(ConnectedComponents, NumbersByFirstPixelInRasterOrder) {
  const at::Tensor mask = mask_of({"..#.#",  //
                                   "#.#.#",  //
                                   "#.###"});
  const Components found = connected_components(mask, Connectivity::kFour);
  EXPECT_TRUE(found.labels.equal(labels_of({"..1.1", "2.1.1", "2.111"})));
  ASSERT_EQ(found.components.size(), 2u);
  EXPECT_EQ(found.components[0].box, (Box{2, 0, 5, 3}));
  EXPECT_EQ(found.components[0].area_px, 7);
  EXPECT_EQ(found.components[1].box, (Box{0, 1, 1, 3}));
  EXPECT_EQ(found.components[1].area_px, 2);
}

TEST(ConnectedComponents, JoinsCornersOnlyWithEightNeighbours) {
  const at::Tensor mask = mask_of({"#.#",  //
                                   ".#.",  //
                                   "#.#"});
  EXPECT_EQ(connected_components(mask, Connectivity::kFour).components.size(), 5u);
  const Components found = connected_components(mask, Connectivity::kEight);
  ASSERT_EQ(found.components.size(), 1u);
  EXPECT_EQ(found.components[0].area_px, 5);
  EXPECT_EQ(found.components[0].box, (Box{0, 0, 3, 3}));
}

TEST(ConnectedComponents, FollowsASpiral) {
  const at::Tensor mask = mask_of({"#######",  //
                                   "......#",  //
                                   "#####.#",  //
                                   "#...#.#",  //
                                   "#.###.#",  //
                                   "#.....#",  //
                                   "#######"});
  EXPECT_EQ(connected_components(mask, Connectivity::kFour).components.size(), 1u);
}

TEST(ConnectedComponents, FindsNothingInAnEmptyMask) {
  const Components found = connected_components(at::zeros({4, 6}, at::kBool), Connectivity::kEight);
  EXPECT_TRUE(found.components.empty());
  EXPECT_EQ(found.labels.sizes(), (at::IntArrayRef{4, 6}));
  EXPECT_FALSE(found.labels.any().item<bool>());
}

TEST(ConnectedComponents, FindsOneInAFullMask) {
  const Components found = connected_components(at::ones({4, 6}, at::kBool), Connectivity::kFour);
  ASSERT_EQ(found.components.size(), 1u);
  EXPECT_EQ(found.components[0].box, (Box{0, 0, 6, 4}));
  EXPECT_EQ(found.components[0].area_px, 24);
}

TEST(ConnectedComponents, AgreesWithFloodingOnNoise) {
  at::manual_seed(7);
  for (const double density : {0.1, 0.4, 0.6, 0.9}) {
    for (const auto& [height, width] : {std::pair{41, 37}, {1, 60}, {60, 1}}) {
      const at::Tensor mask = at::rand({height, width}) < density;
      for (const auto connectivity : {Connectivity::kFour, Connectivity::kEight}) {
        const Components found = connected_components(mask, connectivity);
        EXPECT_TRUE(found.labels.equal(flooded_labels(mask, connectivity)));
        for (size_t i = 0; i < found.components.size(); ++i) {
          const at::Tensor own = found.labels == static_cast<int64_t>(i + 1);
          EXPECT_EQ(bounding_box(own), found.components[i].box);
          EXPECT_EQ(own.sum().item<int64_t>(), found.components[i].area_px);
        }
      }
    }
  }
}

TEST(ConnectedComponents, RefusesWhatIsNoMask) {
  EXPECT_THROW(connected_components(at::zeros({3, 3}), Connectivity::kFour), std::invalid_argument);
  EXPECT_THROW(connected_components(at::zeros({3}, at::kBool), Connectivity::kFour),
               std::invalid_argument);
}

}  // namespace
}  // namespace situ
