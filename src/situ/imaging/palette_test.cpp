// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/palette.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <tuple>

namespace situ {
namespace {

TEST(PaletteColor, BeginsWithOkabeIto) {
  EXPECT_EQ(palette_color(0), (Color{0xE6, 0x9F, 0x00}));
  EXPECT_EQ(palette_color(6), (Color{0xCC, 0x79, 0xA7}));
}

TEST(PaletteColor, GivesEachOfTheFirstHundredThingsItsOwnColor) {
  std::set<std::tuple<int, int, int>> seen;
  for (int64_t i = 0; i < 100; ++i) {
    const Color color = palette_color(i);
    seen.emplace(color.r, color.g, color.b);
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(PaletteColor, TakesEveryIndexThatIsNotNegative) {
  EXPECT_NO_THROW(palette_color(int64_t{1} << 60));
  EXPECT_THROW(palette_color(-1), std::invalid_argument);
}

TEST(TextColorOn, IsBlackOnLightAndWhiteOnDark) {
  EXPECT_EQ(text_color_on({240, 228, 66}), (Color{0, 0, 0}));
  EXPECT_EQ(text_color_on({0, 114, 178}), (Color{255, 255, 255}));
}

}  // namespace
}  // namespace situ
