// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "situ/imaging/box.h"
#include "situ/imaging/palette.h"

namespace situ {

// All of these write into `image`, uint8 [3, H, W] in host memory, which may be a view of a larger
// one; what lies outside it is left out. They throw std::invalid_argument for any other tensor.

/// The pixels of one glyph with the gap to the next one and to the next line, at scale 1.
inline constexpr int64_t kGlyphWidth = 6;
inline constexpr int64_t kGlyphHeight = 9;

/// Fills the box.
void fill_box_(const at::Tensor& image, const Box& box, Color color);

/// Draws the outermost pixels of the box. Throws std::invalid_argument unless the thickness is 1 or
/// more.
void draw_box_(const at::Tensor& image, const Box& box, Color color, int64_t thickness_px = 1);

/// Mixes the color into the true pixels of the mask (bool [H, W]); opacity 0 leaves them, 1
/// replaces them. Throws std::invalid_argument for an opacity outside [0, 1].
void tint_mask_(const at::Tensor& image, const at::Tensor& mask, Color color, double opacity);

/// Draws text in a fixed-width bitmap font, its first glyph's upper left corner at (x, y), each
/// pixel of the font as a square of `scale` pixels. '\n' begins a new line; what is not printable
/// ASCII shows as '?', once for each UTF-8 character. Throws std::invalid_argument for a scale
/// outside 1..64.
void draw_text_(const at::Tensor& image, int64_t x, int64_t y, std::string_view text, Color color,
                int64_t scale = 1);

/// The box that draw_text_ at (0, 0) keeps within: as wide as the longest line.
Box text_extent(std::string_view text, int64_t scale = 1);

}  // namespace situ
