// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/draw.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/imaging/font.h"

namespace situ {
namespace {

constexpr int64_t kAdvance = kGlyphWidth + 1;

void fill(const at::Tensor& image, const Box& box, const Color& color) {
  const Box part = intersection(box, {0, 0, image.size(2), image.size(1)});
  auto pixels = image.accessor<uint8_t, 3>();
  for (int64_t y = part.y0; y < part.y1; ++y) {
    for (int64_t x = part.x0; x < part.x1; ++x) {
      pixels[0][y][x] = color.r;
      pixels[1][y][x] = color.g;
      pixels[2][y][x] = color.b;
    }
  }
}

void check_at_least_one(int64_t value, const char* what) {
  if (value < 1) {
    throw std::invalid_argument(std::string(what) + ": expected 1 or more, got " +
                                std::to_string(value));
  }
}

// Bytes that continue a UTF-8 character, which shows as one frame.
bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

uint8_t mixed(uint8_t level, uint8_t color, double strength) {
  return static_cast<uint8_t>(std::lround((1 - strength) * level + strength * color));
}

}  // namespace

void draw_box_(const at::Tensor& image, const Box& box, const Color& color, int64_t thickness_px) {
  check_image(image, "draw_box_: image");
  check_at_least_one(thickness_px, "draw_box_: thickness_px");
  if (box.width() <= 0 || box.height() <= 0) return;
  const int64_t t = std::min({thickness_px, box.width(), box.height()});
  fill(image, {box.x0, box.y0, box.x1, box.y0 + t}, color);
  fill(image, {box.x0, box.y1 - t, box.x1, box.y1}, color);
  fill(image, {box.x0, box.y0, box.x0 + t, box.y1}, color);
  fill(image, {box.x1 - t, box.y0, box.x1, box.y1}, color);
}

void tint_mask_(const at::Tensor& image, const at::Tensor& mask, const Color& color,
                double strength) {
  check_image(image, "tint_mask_: image");
  check_mask(mask, "tint_mask_: mask");
  check_shape(mask, {std::to_string(image.size(1)), std::to_string(image.size(2))},
              "tint_mask_: mask");
  if (!(strength >= 0 && strength <= 1)) {
    throw std::invalid_argument("tint_mask_: strength: expected [0, 1], got " +
                                std::to_string(strength));
  }
  auto pixels = image.accessor<uint8_t, 3>();
  const auto inside = mask.accessor<bool, 2>();
  for (int64_t y = 0; y < image.size(1); ++y) {
    for (int64_t x = 0; x < image.size(2); ++x) {
      if (!inside[y][x]) continue;
      pixels[0][y][x] = mixed(pixels[0][y][x], color.r, strength);
      pixels[1][y][x] = mixed(pixels[1][y][x], color.g, strength);
      pixels[2][y][x] = mixed(pixels[2][y][x], color.b, strength);
    }
  }
}

void draw_text_(const at::Tensor& image, std::string_view text, int64_t x, int64_t y,
                const TextStyle& style) {
  check_image(image, "draw_text_: image");
  check_at_least_one(style.scale, "draw_text_: scale");
  const int64_t dot = style.scale;
  for (const char character : text) {
    if (continues_character(character)) continue;
    if (x >= image.size(2)) return;
    const Glyph& glyph = glyph_of(character);
    for (int64_t row = 0; row < kGlyphHeight; ++row) {
      for (int64_t column = 0; column < kGlyphWidth; ++column) {
        const int shift = static_cast<int>(kGlyphWidth - 1 - column);
        if (((glyph[static_cast<size_t>(row)] >> shift) & 1) == 0) continue;
        const int64_t left = x + column * dot;
        const int64_t top = y + row * dot;
        fill(image, {left, top, left + dot, top + dot}, style.color);
      }
    }
    x += kAdvance * dot;
  }
}

int64_t text_width_px(std::string_view text, int64_t scale) {
  const auto characters =
      std::count_if(text.begin(), text.end(), [](char one) { return !continues_character(one); });
  return std::max<int64_t>(0, (characters * kAdvance - 1) * scale);
}

int64_t text_height_px(int64_t scale) { return kGlyphHeight * scale; }

}  // namespace situ
