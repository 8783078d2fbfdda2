// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/draw.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/imaging/bitmap_font.h"
#include "situ/imaging/host_tensor.h"

namespace situ {
namespace {

constexpr int64_t kMaxScale = 64;

void check_canvas(const at::Tensor& image, std::string_view where) {
  check_image(image, where);
  check_host(image, where);
}

void check_scale(int64_t scale, std::string_view where) {
  if (scale >= 1 && scale <= kMaxScale) return;
  throw std::invalid_argument(std::string(where) + ": expected a scale of 1..64, got " +
                              std::to_string(scale));
}

std::array<uint8_t, 3> channels_of(Color color) { return {color.r, color.g, color.b}; }

void fill(at::TensorAccessor<uint8_t, 3> pixels, const Box& box, Color color) {
  const Box inside =
      intersection(box, {.x0 = 0, .y0 = 0, .x1 = pixels.size(2), .y1 = pixels.size(1)});
  const std::array<uint8_t, 3> values = channels_of(color);
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = inside.y0; y < inside.y1; ++y) {
      for (int64_t x = inside.x0; x < inside.x1; ++x) pixels[c][y][x] = values[c];
    }
  }
}

/// The further bytes of a UTF-8 character.
bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u; }

/// Calls visit(character, column, line) for each glyph of the text.
template <typename Visit>
void for_each_glyph(std::string_view text, Visit visit) {
  int64_t column = 0;
  int64_t line = 0;
  for (const char character : text) {
    if (character == '\n') {
      column = 0;
      ++line;
    } else if (!is_continuation(character)) {
      visit(character, column++, line);
    }
  }
}

void draw_glyph(at::TensorAccessor<uint8_t, 3> pixels, char character, int64_t x0, int64_t y0,
                Color color, int64_t scale) {
  for (int64_t y = 0; y < kGlyphHeight; ++y) {
    for (int64_t x = 0; x < kGlyphWidth; ++x) {
      if (!glyph_pixel(character, x, y)) continue;
      fill(pixels,
           {.x0 = x0 + x * scale,
            .y0 = y0 + y * scale,
            .x1 = x0 + (x + 1) * scale,
            .y1 = y0 + (y + 1) * scale},
           color);
    }
  }
}

}  // namespace

void fill_box_(const at::Tensor& image, const Box& box, Color color) {
  check_canvas(image, "fill_box_: image");
  fill(image.accessor<uint8_t, 3>(), box, color);
}

void draw_box_(const at::Tensor& image, const Box& box, Color color, int64_t thickness_px) {
  check_canvas(image, "draw_box_: image");
  if (thickness_px < 1) {
    throw std::invalid_argument("draw_box_: expected a thickness of 1 or more, got " +
                                std::to_string(thickness_px));
  }
  if (box.area() == 0) return;
  const auto pixels = image.accessor<uint8_t, 3>();
  const int64_t across = std::min(thickness_px, box.width());
  const int64_t down = std::min(thickness_px, box.height());
  fill(pixels, {.x0 = box.x0, .y0 = box.y0, .x1 = box.x1, .y1 = box.y0 + down}, color);
  fill(pixels, {.x0 = box.x0, .y0 = box.y1 - down, .x1 = box.x1, .y1 = box.y1}, color);
  fill(pixels, {.x0 = box.x0, .y0 = box.y0, .x1 = box.x0 + across, .y1 = box.y1}, color);
  fill(pixels, {.x0 = box.x1 - across, .y0 = box.y0, .x1 = box.x1, .y1 = box.y1}, color);
}

void tint_mask_(const at::Tensor& image, const at::Tensor& mask, Color color, double opacity) {
  check_canvas(image, "tint_mask_: image");
  check_mask(mask, "tint_mask_: mask");
  check_host(mask, "tint_mask_: mask");
  if (mask.size(0) != image.size(1) || mask.size(1) != image.size(2)) {
    throw std::invalid_argument("tint_mask_: expected a mask as large as the image " +
                                shape_text(image) + ", got " + shape_text(mask));
  }
  if (!(opacity >= 0.0 && opacity <= 1.0)) {
    throw std::invalid_argument("tint_mask_: expected an opacity in [0, 1], got " +
                                std::to_string(opacity));
  }
  const std::array<uint8_t, 3> values = channels_of(color);
  auto pixels = image.accessor<uint8_t, 3>();
  const auto chosen = mask.accessor<bool, 2>();
  for (int64_t c = 0; c < 3; ++c) {
    std::array<uint8_t, 256> tinted;
    for (int v = 0; v < 256; ++v) {
      tinted[v] = static_cast<uint8_t>(std::lround(v * (1.0 - opacity) + values[c] * opacity));
    }
    for (int64_t y = 0; y < image.size(1); ++y) {
      for (int64_t x = 0; x < image.size(2); ++x) {
        if (chosen[y][x]) pixels[c][y][x] = tinted[pixels[c][y][x]];
      }
    }
  }
}

void draw_text_(const at::Tensor& image, int64_t x, int64_t y, std::string_view text, Color color,
                int64_t scale) {
  check_canvas(image, "draw_text_: image");
  check_scale(scale, "draw_text_");
  const auto pixels = image.accessor<uint8_t, 3>();
  const Box canvas{.x0 = 0, .y0 = 0, .x1 = image.size(2), .y1 = image.size(1)};
  for_each_glyph(text, [&](char character, int64_t column, int64_t line) {
    const int64_t x0 = x + column * kGlyphWidth * scale;
    const int64_t y0 = y + line * kGlyphHeight * scale;
    const Box cell{
        .x0 = x0, .y0 = y0, .x1 = x0 + kGlyphWidth * scale, .y1 = y0 + kGlyphHeight * scale};
    if (intersection(cell, canvas).area() > 0) draw_glyph(pixels, character, x0, y0, color, scale);
  });
}

Box text_extent(std::string_view text, int64_t scale) {
  check_scale(scale, "text_extent");
  Box extent;
  for_each_glyph(text, [&](char character, int64_t column, int64_t line) {
    extent.x1 = std::max(extent.x1, (column + 1) * kGlyphWidth * scale);
    extent.y1 = (line + 1) * kGlyphHeight * scale;
  });
  return extent;
}

}  // namespace situ
