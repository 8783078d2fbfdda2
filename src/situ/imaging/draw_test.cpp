// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/draw.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace situ {
namespace {

constexpr Color kRed{200, 10, 0};

at::Tensor black(int64_t height, int64_t width) { return at::zeros({3, height, width}, at::kByte); }

/// The first plane as text: '#' where it is not zero.
std::vector<std::string> inked(const at::Tensor& image) {
  std::vector<std::string> rows;
  const auto pixels = image.accessor<uint8_t, 3>();
  for (int64_t y = 0; y < image.size(1); ++y) {
    std::string row;
    for (int64_t x = 0; x < image.size(2); ++x) row += pixels[0][y][x] ? '#' : '.';
    rows.push_back(row);
  }
  return rows;
}

TEST(FillBox, FillsThePartInsideTheImage) {
  const at::Tensor image = black(3, 4);
  fill_box_(image, {-2, 1, 2, 9}, kRed);
  EXPECT_EQ(inked(image), (std::vector<std::string>{"....", "##..", "##.."}));
  EXPECT_EQ(image[1][1][0].item<int>(), 10);
  EXPECT_EQ(image[2][1][0].item<int>(), 0);
}

TEST(DrawBox, DrawsTheOutermostPixelsOfTheBox) {
  const at::Tensor image = black(5, 6);
  draw_box_(image, {1, 1, 5, 4}, kRed);
  EXPECT_EQ(inked(image),
            (std::vector<std::string>{"......", ".####.", ".#..#.", ".####.", "......"}));
}

TEST(DrawBox, FillsTheBoxWhenTheLinesAreThick) {
  const at::Tensor image = black(3, 5);
  draw_box_(image, {1, 0, 4, 3}, kRed, 100);
  EXPECT_EQ(inked(image), (std::vector<std::string>{".###.", ".###.", ".###."}));
}

TEST(DrawBox, ClipsToTheImageAndLeavesEmptyBoxesOut) {
  const at::Tensor image = black(3, 3);
  draw_box_(image, {-1, -1, 2, 2}, kRed);
  draw_box_(image, {2, 2, 2, 3}, kRed);
  EXPECT_EQ(inked(image), (std::vector<std::string>{".#.", "##.", "..."}));
}

TEST(TintMask, MixesByTheOpacityAndRounds) {
  const at::Tensor image = at::full({3, 1, 2}, 100, at::kByte);
  at::Tensor mask = at::zeros({1, 2}, at::kBool);
  mask[0][1] = true;
  tint_mask_(image, mask, {200, 0, 101}, 0.5);
  EXPECT_TRUE(image.select(2, 0).eq(100).all().item<bool>());
  EXPECT_EQ(image[0][0][1].item<int>(), 150);
  EXPECT_EQ(image[1][0][1].item<int>(), 50);
  EXPECT_EQ(image[2][0][1].item<int>(), 101);  // 100.5
}

TEST(TintMask, LeavesOrReplacesAtTheEnds) {
  const at::Tensor image = at::full({3, 2, 2}, 7, at::kByte);
  const at::Tensor mask = at::ones({2, 2}, at::kBool);
  tint_mask_(image, mask, {9, 9, 9}, 0.0);
  EXPECT_TRUE(image.eq(7).all().item<bool>());
  tint_mask_(image, mask, {9, 9, 9}, 1.0);
  EXPECT_TRUE(image.eq(9).all().item<bool>());
}

TEST(DrawText, DrawsGlyphs) {
  const at::Tensor image = black(9, 12);
  draw_text_(image, 0, 0, "Hg", kRed);
  EXPECT_EQ(inked(image), (std::vector<std::string>{
                              "#...#.......",
                              "#...#.......",
                              "#...#..####.",
                              "#####.#...#.",
                              "#...#.#...#.",
                              "#...#..####.",
                              "#...#.....#.",
                              ".......###..",
                              "............",
                          }));
}

TEST(DrawText, ScalesByRepeatingPixels) {
  const at::Tensor small = black(9, 6);
  const at::Tensor large = black(27, 18);
  draw_text_(small, 0, 0, "&", kRed);
  draw_text_(large, 0, 0, "&", kRed, 3);
  EXPECT_TRUE(large.equal(small.repeat_interleave(3, 1).repeat_interleave(3, 2)));
}

TEST(DrawText, BeginsANewLineAndShowsUnknownCharactersOnceEach) {
  const at::Tensor drawn = black(20, 20);
  const at::Tensor expected = black(20, 20);
  draw_text_(drawn, 1, 0, "a\n\xc3\xa4\x01", kRed);
  draw_text_(expected, 1, 0, "a", kRed);
  draw_text_(expected, 1, 9, "??", kRed);
  EXPECT_TRUE(drawn.equal(expected));
}

TEST(DrawText, GivesEveryPrintableCharacterItsOwnGlyph) {
  std::vector<std::vector<std::string>> seen;
  for (char character = ' '; character <= '~'; ++character) {
    const at::Tensor image = black(kGlyphHeight, kGlyphWidth);
    draw_text_(image, 0, 0, std::string(1, character), kRed);
    for (const auto& other : seen) EXPECT_NE(other, inked(image)) << character;
    seen.push_back(inked(image));
  }
}

TEST(DrawText, ClipsToTheImage) {
  const at::Tensor image = black(4, 7);
  draw_text_(image, -3, -2, "WWWWWW\nWWW", kRed, 2);
  draw_text_(image, 100, 100, "W", kRed);
  EXPECT_NE(inked(image), inked(black(4, 7)));
}

TEST(Draw, WritesThroughViews) {
  const at::Tensor sheet = black(6, 8);
  fill_box_(sheet.slice(1, 2, 4).slice(2, 3, 6), {0, 0, 100, 100}, kRed);
  EXPECT_EQ(inked(sheet), (std::vector<std::string>{"........", "........", "...###..", "...###..",
                                                    "........", "........"}));
}

TEST(TextExtent, IsTheBoxOfAllLines) {
  EXPECT_EQ(text_extent("abc\nde", 2), (Box{0, 0, 36, 36}));
  EXPECT_EQ(text_extent(""), (Box{}));
}

TEST(Draw, RefusesOtherTensorsAndNumbers) {
  const at::Tensor image = black(4, 4);
  const at::Tensor mask = at::zeros({4, 4}, at::kBool);
  EXPECT_THROW(fill_box_(image[0], {}, kRed), std::invalid_argument);
  EXPECT_THROW(draw_box_(image, {0, 0, 2, 2}, kRed, 0), std::invalid_argument);
  EXPECT_THROW(tint_mask_(image, mask, kRed, 1.5), std::invalid_argument);
  EXPECT_THROW(tint_mask_(image, mask.slice(0, 1), kRed, 0.5), std::invalid_argument);
  EXPECT_THROW(draw_text_(image, 0, 0, "a", kRed, 0), std::invalid_argument);
  EXPECT_THROW(draw_text_(image.to(at::kFloat), 0, 0, "a", kRed), std::invalid_argument);
}

}  // namespace
}  // namespace situ
