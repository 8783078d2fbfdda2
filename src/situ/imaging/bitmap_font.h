// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace situ {

/// Whether the pixel in column x (0..4) and row y (0..7, the last one below the base line) of the
/// built-in font's glyph is inked. What is not printable ASCII has the glyph of '?'.
bool glyph_pixel(char character, int64_t x, int64_t y);

}  // namespace situ
