// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace situ {

inline constexpr int64_t kGlyphWidth = 5;
inline constexpr int64_t kGlyphHeight = 7;

/// The rows of a letter from the top; the lowest five bits are its dots, the highest of them left.
using Glyph = std::array<uint8_t, kGlyphHeight>;

/// The letter of a printable ASCII character, an empty frame for any other.
const Glyph& glyph_of(char character);

}  // namespace situ
