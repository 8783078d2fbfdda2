// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/outline.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/imaging/polygon.h"

namespace situ {
namespace {

using Line = std::vector<OutlineCorner>;

at::Tensor mask_of(std::initializer_list<const char*> rows) {
  std::vector<at::Tensor> lines;
  for (const char* const row : rows) {
    std::vector<int> pixels;
    for (const char* one = row; *one != '\0'; ++one) pixels.push_back(*one == '#');
    lines.push_back(at::tensor(pixels, at::kInt));
  }
  return at::stack(lines).to(at::kBool);
}

TEST(MaskOutlines, GoesAroundEachComponentAndHole) {
  const auto lines = mask_outlines(mask_of({"###.", "#.#.", "###."}));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], (Line{{3, 0}, {3, 3}, {0, 3}, {0, 0}}));
  // The hole's first edge to the east is its lower one.
  EXPECT_EQ(lines[1], (Line{{2, 2}, {2, 1}, {1, 1}, {1, 2}}));
}

TEST(MaskOutlines, KeepsPixelsThatTouchAtACornerApart) {
  const auto lines = mask_outlines(mask_of({"#.", ".#"}));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], (Line{{1, 0}, {1, 1}, {0, 1}, {0, 0}}));
  EXPECT_EQ(lines[1], (Line{{2, 1}, {2, 2}, {1, 2}, {1, 1}}));
}

TEST(MaskOutlines, RefusesAnythingButAMask) {
  EXPECT_THROW(mask_outlines(at::zeros({3, 3})), std::invalid_argument);
}

TEST(JoinedOutline, OfNothingIsEmpty) {
  EXPECT_TRUE(joined_outline(at::zeros({3, 3}, at::kBool)).empty());
}

TEST(JoinedOutline, FilledGivesTheMaskBack) {
  at::manual_seed(5);
  for (const double density : {0.05, 0.3, 0.5, 0.8, 1.0}) {
    const at::Tensor mask = at::rand({37, 23}) < density;
    std::vector<double> corners;
    for (const OutlineCorner& corner : joined_outline(mask)) {
      corners.push_back(static_cast<double>(corner.x));
      corners.push_back(static_cast<double>(corner.y));
    }
    const RunLength filled = polygon_run_length(corners, 37, 23);
    EXPECT_EQ(filled, run_length_encode(mask)) << "density " << density;
  }
}

}  // namespace
}  // namespace situ
