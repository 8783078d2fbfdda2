// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace situ {

/// sRGB
struct Color {
  uint8_t r = 0;
  uint8_t g = 0;
  uint8_t b = 0;

  bool operator==(const Color&) const = default;
};

/// Returns the color that stands for the index-th thing of a picture or plot. The first seven are
/// those of Okabe and Ito ("Color Universal Design", 2008), which readers with any kind of color
/// vision tell apart; the later ones step around the color circle by the golden angle.
/// Throws std::invalid_argument for a negative index.
Color palette_color(int64_t index);

/// Black or white, whichever reads better on `background`.
Color text_color_on(Color background);

}  // namespace situ
