// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/draw.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

#include "situ/imaging/font.h"

namespace situ {
namespace {

at::Tensor white(int64_t height, int64_t width) {
  return at::full({3, height, width}, 255, at::kByte);
}

// '#' where the red channel is dark.
std::string picture(const at::Tensor& image) {
  std::string rows;
  const auto pixels = image.accessor<uint8_t, 3>();
  for (int64_t y = 0; y < image.size(1); ++y) {
    for (int64_t x = 0; x < image.size(2); ++x) rows += pixels[0][y][x] < 128 ? '#' : '.';
    rows += '\n';
  }
  return rows;
}

TEST(DrawBox, DrawsTheOutlineInsideTheEdges) {
  const at::Tensor image = white(5, 6);
  draw_box_(image, {1, 0, 6, 5}, {10, 20, 30}, 1);
  EXPECT_EQ(picture(image), ".#####\n.#...#\n.#...#\n.#...#\n.#####\n");
  EXPECT_EQ(image[1][0][1].item<int>(), 20);
  EXPECT_EQ(image[2][0][1].item<int>(), 30);
}

TEST(DrawBox, LeavesOutWhatLiesOutsideTheImage) {
  const at::Tensor image = white(3, 3);
  draw_box_(image, {-5, 1, 2, 9}, kBlack, 1);
  EXPECT_EQ(picture(image), "...\n##.\n.#.\n");
  draw_box_(image, {10, 10, 20, 20}, kBlack, 2);
  draw_box_(image, {2, 2, 2, 2}, kBlack, 2);
  EXPECT_EQ(picture(image), "...\n##.\n.#.\n");
}

TEST(DrawBox, FillsABoxThinnerThanTheLine) {
  const at::Tensor image = white(3, 5);
  draw_box_(image, {1, 1, 4, 2}, kBlack, 9);
  EXPECT_EQ(picture(image), ".....\n.###.\n.....\n");
}

TEST(DrawBox, DrawsIntoAViewOfALargerImage) {
  const at::Tensor image = white(4, 4);
  draw_box_(image.narrow(1, 1, 2).narrow(2, 1, 2), {0, 0, 2, 1}, kBlack, 1);
  EXPECT_EQ(picture(image), "....\n.##.\n....\n....\n");
}

TEST(DrawBox, RefusesOtherImagesAndThicknesses) {
  EXPECT_THROW(draw_box_(at::zeros({3, 4, 4}), {}, kBlack), std::invalid_argument);
  EXPECT_THROW(draw_box_(white(4, 4), {0, 0, 2, 2}, kBlack, 0), std::invalid_argument);
}

TEST(TintMask, MixesTheColourIntoTheMaskOnly) {
  const at::Tensor image = at::full({3, 1, 2}, 100, at::kByte);
  at::Tensor mask = at::zeros({1, 2}, at::kBool);
  mask[0][1] = true;
  tint_mask_(image, mask, {200, 0, 100}, 0.25);
  EXPECT_EQ(image[0][0][0].item<int>(), 100);
  EXPECT_EQ(image[0][0][1].item<int>(), 125);
  EXPECT_EQ(image[1][0][1].item<int>(), 75);
  EXPECT_EQ(image[2][0][1].item<int>(), 100);
}

TEST(TintMask, RefusesAnotherSizeAndStrength) {
  EXPECT_THROW(tint_mask_(white(2, 2), at::ones({2, 3}, at::kBool), kBlack), std::invalid_argument);
  EXPECT_THROW(tint_mask_(white(2, 2), at::ones({2, 2}, at::kBool), kBlack, 1.5),
               std::invalid_argument);
}

TEST(DrawText, WritesLettersSideBySide) {
  const at::Tensor image = white(7, 11);
  draw_text_(image, "T1", 0, 0);
  EXPECT_EQ(picture(image),
            "#####...#..\n"
            "..#....##..\n"
            "..#.....#..\n"
            "..#.....#..\n"
            "..#.....#..\n"
            "..#.....#..\n"
            "..#....###.\n");
  EXPECT_EQ(text_width_px("T1"), 11);
  EXPECT_EQ(text_height_px(), 7);
}

TEST(DrawText, EnlargesTheDots) {
  const at::Tensor image = white(14, 10);
  draw_text_(image, "-", 0, 0, {.scale = 2});
  EXPECT_EQ(image.lt(128).sum().item<int64_t>(), 3 * 5 * 4);
  EXPECT_EQ(text_width_px("ab", 2), 22);
  EXPECT_EQ(text_height_px(2), 14);
}

TEST(DrawText, ShowsOneFrameForACharacterBeyondAscii) {
  const at::Tensor image = white(7, 20);
  draw_text_(image, "\xC3\xA9.", 0, 0);  // e with an acute accent
  const at::Tensor expected = white(7, 20);
  draw_box_(expected, {0, 0, 5, 7}, kBlack, 1);
  draw_text_(expected, ".", 6, 0);
  EXPECT_TRUE(image.equal(expected));
  EXPECT_EQ(text_width_px("\xC3\xA9."), 11);
}

TEST(DrawText, LeavesOutWhatLiesOutsideTheImage) {
  const at::Tensor image = white(4, 4);
  draw_text_(image, "HHHH", -3, -2);
  EXPECT_EQ(image.size(2), 4);
  EXPECT_THROW(draw_text_(image, "H", 0, 0, {.scale = 0}), std::invalid_argument);
  EXPECT_EQ(text_width_px(""), 0);
}

TEST(Font, HasADifferentShapeForEachCharacter) {
  std::set<Glyph> shapes;
  for (char character = ' '; character <= '~'; ++character) {
    const Glyph& glyph = glyph_of(character);
    for (const uint8_t row : glyph) EXPECT_LT(row, 32) << character;
    EXPECT_TRUE(shapes.insert(glyph).second) << character;
  }
}

TEST(Palette, HasDistinctColours) {
  std::set<int> seen;
  for (int64_t k = 0; k < 35; ++k) {
    const Color color = palette_color(k);
    EXPECT_TRUE(seen.insert(color.r << 16 | color.g << 8 | color.b).second) << k;
  }
  EXPECT_EQ(palette_color(0), (Color{230, 159, 0}));
  EXPECT_EQ(palette_color(35), palette_color(0));
  EXPECT_THROW(palette_color(-1), std::invalid_argument);
}

}  // namespace
}  // namespace situ
