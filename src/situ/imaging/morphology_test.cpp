// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/morphology.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
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

/// Straight from the definition.
at::Tensor dilated(const at::Tensor& mask, int64_t radius, Neighborhood neighborhood) {
  at::Tensor result = at::zeros_like(mask);
  for (int64_t dy = -radius; dy <= radius; ++dy) {
    for (int64_t dx = -radius; dx <= radius; ++dx) {
      if (neighborhood == Neighborhood::kDisc && dx * dx + dy * dy > radius * radius) continue;
      const int64_t height = mask.size(0) - std::abs(dy);
      const int64_t width = mask.size(1) - std::abs(dx);
      if (height <= 0 || width <= 0) continue;
      result.narrow(0, std::max<int64_t>(dy, 0), height)
          .narrow(1, std::max<int64_t>(dx, 0), width)
          .logical_or_(mask.narrow(0, std::max<int64_t>(-dy, 0), height)
                           .narrow(1, std::max<int64_t>(-dx, 0), width));
    }
  }
  return result;
}

TEST(Dilate, GrowsAPointToASquare) {
  const at::Tensor mask = mask_of({".....", "..#..", ".....", "....."});
  EXPECT_TRUE(
      dilate(mask, 1, Neighborhood::kSquare).equal(mask_of({".###.", ".###.", ".###.", "....."})));
}

TEST(Dilate, GrowsAPointToADisc) {
  const at::Tensor mask = mask_of({".....", ".....", "..#..", ".....", "....."});
  EXPECT_TRUE(dilate(mask, 2, Neighborhood::kDisc)
                  .equal(mask_of({"..#..", ".###.", "#####", ".###.", "..#.."})));
}

TEST(Erode, ShrinksASquareToItsMiddle) {
  const at::Tensor mask = mask_of({".....", ".###.", ".###.", ".###.", "....."});
  EXPECT_TRUE(erode(mask, 1, Neighborhood::kSquare)
                  .equal(mask_of({".....", ".....", "..#..", ".....", "....."})));
}

TEST(Erode, TakesNothingFromTheBorderOfTheImage) {
  const at::Tensor full = at::ones({4, 6}, at::kBool);
  EXPECT_TRUE(erode(full, 2, Neighborhood::kDisc).equal(full));
}

TEST(Morphology, FollowsTheDefinitionOnNoise) {
  at::manual_seed(11);
  for (const auto& [height, width] : {std::pair{23, 41}, {1, 30}, {30, 1}, {6, 300}}) {
    for (const double density : {0.02, 0.5, 0.97}) {
      const at::Tensor mask = at::rand({height, width}) < density;
      for (const int64_t radius : {0, 1, 2, 5, 9, 40}) {
        for (const auto neighborhood : {Neighborhood::kSquare, Neighborhood::kDisc}) {
          EXPECT_TRUE(
              dilate(mask, radius, neighborhood).equal(dilated(mask, radius, neighborhood)));
          const at::Tensor grown_outside = dilated(mask.logical_not(), radius, neighborhood);
          EXPECT_TRUE(erode(mask, radius, neighborhood).equal(grown_outside.logical_not()));
        }
      }
    }
  }
}

TEST(Morphology, TakesAnyRadius) {
  at::Tensor mask = at::zeros({5, 7}, at::kBool);
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(dilate(mask, kHuge, Neighborhood::kDisc).any().item<bool>());
  mask[0][0] = true;
  EXPECT_TRUE(dilate(mask, kHuge, Neighborhood::kDisc).all().item<bool>());
  EXPECT_FALSE(erode(mask, kHuge, Neighborhood::kSquare).any().item<bool>());
}

TEST(Morphology, RefusesOtherTensorsAndRadii) {
  const at::Tensor mask = at::zeros({3, 3}, at::kBool);
  EXPECT_THROW(dilate(mask, -1, Neighborhood::kDisc), std::invalid_argument);
  EXPECT_THROW(erode(mask.to(at::kByte), 1, Neighborhood::kDisc), std::invalid_argument);
}

}  // namespace
}  // namespace situ
