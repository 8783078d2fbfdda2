// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/polygon.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "situ/core/errors.h"

namespace situ {
namespace {

constexpr double kFine = 5;  // cells of the fine grid in a pixel
constexpr int64_t kMaxSide = 65535;

struct Cell {
  int64_t x = 0;
  int64_t y = 0;
};

/// Turns the walk along an outline on the fine grid into the places, down the columns, at which the
/// mask begins or ends.
class Crossings {
 public:
  Crossings(int64_t height, int64_t width) : height_(height), width_(width) {}

  void visit(Cell cell) {
    if (started_ && cell.x != last_.x) cross(cell);
    last_ = cell;
    started_ = true;
  }

  /// The places in ascending order, ended by the number of pixels.
  std::vector<int64_t> sorted() && {
    places_.push_back(height_ * width_);
    std::sort(places_.begin(), places_.end());
    return std::move(places_);
  }

 private:
  void cross(Cell cell) {
    const auto left = static_cast<double>(cell.x < last_.x ? cell.x : cell.x - 1);
    const double column = (left + 0.5) / kFine - 0.5;
    if (std::floor(column) != column || column < 0 || column > static_cast<double>(width_ - 1)) {
      return;  // not through the centers of a column
    }
    const auto top = static_cast<double>(std::min(cell.y, last_.y));
    const double row = std::clamp((top + 0.5) / kFine - 0.5, 0.0, static_cast<double>(height_));
    places_.push_back(static_cast<int64_t>(column) * height_ +
                      static_cast<int64_t>(std::ceil(row)));
  }

  int64_t height_;
  int64_t width_;
  Cell last_;
  bool started_ = false;
  std::vector<int64_t> places_;
};

/// Visits the cells from one corner to the next, both included, one a step of the longer axis. The
/// minor axis is computed from the lesser end, so an edge is the same in both directions.
void walk_edge(Cell from, Cell to, Crossings& crossings) {
  const int64_t dx = std::llabs(to.x - from.x);
  const int64_t dy = std::llabs(to.y - from.y);
  if (dx == 0 && dy == 0) {
    crossings.visit(from);
    return;
  }
  const bool along_x = dx >= dy;
  const bool backwards = along_x ? from.x > to.x : from.y > to.y;
  if (backwards) std::swap(from, to);
  const int64_t steps = along_x ? dx : dy;
  const double slope =
      static_cast<double>(along_x ? to.y - from.y : to.x - from.x) / static_cast<double>(steps);
  for (int64_t step = 0; step <= steps; ++step) {
    const int64_t t = backwards ? steps - step : step;
    const double minor =
        static_cast<double>(along_x ? from.y : from.x) + slope * static_cast<double>(t) + 0.5;
    const auto other = static_cast<int64_t>(minor);
    crossings.visit(along_x ? Cell{from.x + t, other} : Cell{other, from.y + t});
  }
}

void check_corners(std::span<const double> corners, int64_t height, int64_t width) {
  if (height < 1 || width < 1 || height > kMaxSide || width > kMaxSide ||
      height * width > kMaxRunLengthPixels) {
    throw DataError("polygon", "a picture of " + std::to_string(width) + " x " +
                                   std::to_string(height) + " pixels is not supported");
  }
  if (corners.size() < 6 || corners.size() % 2 != 0) {
    throw DataError("polygon", "expected x and y of at least three corners, got " +
                                   std::to_string(corners.size()) + " numbers");
  }
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const auto size = static_cast<double>(i % 2 == 0 ? width : height);
    const double overhang = size * kMaxPolygonOverhang;
    if (!(corners[i] >= -overhang && corners[i] <= size + overhang)) {
      throw DataError("polygon", "the corner coordinate " + std::to_string(corners[i]) +
                                     " lies outside of a picture of " + std::to_string(width) +
                                     " x " + std::to_string(height) + " pixels");
    }
  }
}

}  // namespace

RunLength polygon_run_length(std::span<const double> corners, int64_t height, int64_t width) {
  check_corners(corners, height, width);
  const auto cell_of = [&](std::size_t corner) {
    return Cell{static_cast<int64_t>(kFine * corners[2 * corner] + 0.5),
                static_cast<int64_t>(kFine * corners[2 * corner + 1] + 0.5)};
  };
  Crossings crossings(height, width);
  const std::size_t count = corners.size() / 2;
  for (std::size_t i = 0; i < count; ++i) {
    walk_edge(cell_of(i), cell_of((i + 1) % count), crossings);
  }
  const std::vector<int64_t> places = std::move(crossings).sorted();
  RunLength runs{.height = height, .width = width, .counts = {}};
  int64_t begin = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    // Two crossings at one place cancel.
    if (i + 1 < places.size() && places[i] == places[i + 1] && i + 2 < places.size()) {
      ++i;
      continue;
    }
    runs.counts.push_back(static_cast<uint32_t>(places[i] - begin));
    begin = places[i];
  }
  if (runs.counts.size() > 1 && runs.counts.back() == 0) runs.counts.pop_back();
  return runs;
}

}  // namespace situ
