// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/palette.h"

#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace situ {
namespace {

constexpr std::array<Color, 7> kOkabeIto = {{
    {0xE6, 0x9F, 0x00},  // orange
    {0x56, 0xB4, 0xE9},  // sky blue
    {0x00, 0x9E, 0x73},  // bluish green
    {0xF0, 0xE4, 0x42},  // yellow
    {0x00, 0x72, 0xB2},  // blue
    {0xD5, 0x5E, 0x00},  // vermilion
    {0xCC, 0x79, 0xA7},  // reddish purple
}};

/// 1 minus the golden ratio's fraction of the circle.
constexpr double kGoldenTurn = 0.3819660112501051;

/// One channel of a color given by hue (turns), saturation and value, each in [0, 1]; n is 5, 3 and
/// 1 for red, green and blue.
uint8_t channel(double n, double hue, double saturation, double value) {
  const double k = std::fmod(n + hue * 6.0, 6.0);
  const double depth = std::fmax(0.0, std::fmin(std::fmin(k, 4.0 - k), 1.0));
  return static_cast<uint8_t>(std::lround(255.0 * value * (1.0 - saturation * depth)));
}

}  // namespace

Color palette_color(int64_t index) {
  if (index < 0) {
    throw std::invalid_argument("palette_color: expected an index of 0 or more, got " +
                                std::to_string(index));
  }
  constexpr auto kFixed = static_cast<int64_t>(kOkabeIto.size());
  if (index < kFixed) return kOkabeIto[index];
  const int64_t step = index - kFixed;
  const double hue = std::fmod(static_cast<double>(step) * kGoldenTurn, 1.0);
  // Three shades in turn keep neighbours on the circle apart.
  const double value = 0.95 - 0.2 * static_cast<double>(step % 3);
  const double saturation = 0.85 - 0.2 * static_cast<double>(step % 2);
  return {.r = channel(5.0, hue, saturation, value),
          .g = channel(3.0, hue, saturation, value),
          .b = channel(1.0, hue, saturation, value)};
}

Color text_color_on(Color background) {
  // Luma of ITU-R BT.601, in thousandths.
  const int luma = 299 * background.r + 587 * background.g + 114 * background.b;
  return luma > 128 * 1000 ? Color{0, 0, 0} : Color{255, 255, 255};
}

}  // namespace situ
