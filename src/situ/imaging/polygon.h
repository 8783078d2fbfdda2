// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "situ/imaging/run_length.h"

namespace situ {

/// The most that a polygon's corner may lie outside of the picture, in pictures.
inline constexpr double kMaxPolygonOverhang = 1.0;

/// Returns the pixels inside of a closed polygon, by the rule of the COCO tools: the outline is
/// drawn on a grid five times as fine, and of each column those pixels count whose centers lie
/// between two crossings. corners: x, y, x, y, …; pixel (row, column) covers [column, column + 1) x
/// [row, row + 1). Throws DataError for fewer than three corners, one that is not finite or lies
/// further outside than kMaxPolygonOverhang, and as run_length_decode does for the size.
RunLength polygon_run_length(std::span<const double> corners, int64_t height, int64_t width);

}  // namespace situ
