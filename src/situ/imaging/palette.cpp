// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace situ {
namespace {

constexpr std::array<Color, 7> kDistinct{{
    {230, 159, 0},    // orange
    {86, 180, 233},   // sky blue
    {0, 158, 115},    // bluish green
    {240, 228, 66},   // yellow
    {0, 114, 178},    // blue
    {213, 94, 0},     // vermilion
    {204, 121, 167},  // reddish purple
}};
// Negative: towards black; positive: towards white.
constexpr std::array<double, 5> kShades{0, -0.4, 0.45, -0.65, 0.7};

uint8_t shaded(uint8_t level, double shade) {
  const double end = shade < 0 ? 0 : 255;
  return static_cast<uint8_t>(std::lround(level + std::abs(shade) * (end - level)));
}

}  // namespace

Color palette_color(int64_t k) {
  if (k < 0)
    throw std::invalid_argument("palette_color: expected 0 or more, got " + std::to_string(k));
  const auto count = static_cast<int64_t>(kDistinct.size());
  const Color color = kDistinct[static_cast<size_t>(k % count)];
  const double shade = kShades[static_cast<size_t>(k / count) % kShades.size()];
  return {shaded(color.r, shade), shaded(color.g, shade), shaded(color.b, shade)};
}

}  // namespace situ
