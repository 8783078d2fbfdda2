// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace situ {

/// An RGB colour.
struct Color {
  uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Color&) const = default;
};

inline constexpr Color kBlack{0, 0, 0};
inline constexpr Color kWhite{255, 255, 255};

/// The colour of the k-th thing in a picture, k >= 0. The first seven are told apart with any
/// common colour blindness too (Okabe & Ito, "Color Universal Design", 2008, without black); later
/// ones repeat them in darker and lighter shades. Throws std::invalid_argument for k < 0.
Color palette_color(int64_t k);

}  // namespace situ
