// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "situ/imaging/box.h"
#include "situ/imaging/palette.h"

namespace situ {

// All draw into a uint8 [3, H, W] image on the CPU, in place; what lies outside it is left out.

/// Draws the outline of a box, inside its edges.
/// Throws std::invalid_argument for a thickness below 1.
void draw_box_(const at::Tensor& image, const Box& box, const Color& color,
               int64_t thickness_px = 2);

/// Mixes the colour into the mask's pixels. mask: bool [H, W]. strength: 0 = nothing … 1 = the
/// colour alone.
void tint_mask_(const at::Tensor& image, const at::Tensor& mask, const Color& color,
                double strength = 0.5);

/// Where a line of text goes and how large it is.
struct TextStyle {
  Color color = kBlack;
  int64_t scale = 1;  ///< size of one dot of the 5 x 7 letters [px]
};

/// Writes one line of text, (x, y) being its upper left corner. Printable ASCII; any other
/// character shows as an empty frame. Throws std::invalid_argument for a scale below 1.
void draw_text_(const at::Tensor& image, std::string_view text, int64_t x, int64_t y,
                const TextStyle& style = {});

/// The size that draw_text_ covers [px].
int64_t text_width_px(std::string_view text, int64_t scale = 1);
int64_t text_height_px(int64_t scale = 1);

}  // namespace situ
