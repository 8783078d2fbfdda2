// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/float_box.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace situ {
namespace {

// Starts of `count` windows of `side` that cover [0, length).
struct Windows {
  int64_t side = 0;
  std::vector<int64_t> starts;
};

Windows windows(int64_t length, int64_t count, double overlap) {
  count = std::min(count, length);
  // count windows of side s that overlap by overlap * s: s * (count - (count - 1) * overlap).
  const double parts = static_cast<double>(count) - static_cast<double>(count - 1) * overlap;
  Windows all;
  all.side = std::min(length, static_cast<int64_t>(std::ceil(static_cast<double>(length) / parts)));
  for (int64_t i = 0; i < count; ++i) {
    all.starts.push_back(count == 1 ? 0 : (length - all.side) * i / (count - 1));
  }
  return all;
}

}  // namespace

double FloatBox::area() const { return std::max(0.0, x1 - x0) * std::max(0.0, y1 - y0); }

FloatBox float_box(const Box& box) {
  return {static_cast<double>(box.x0), static_cast<double>(box.y0), static_cast<double>(box.x1),
          static_cast<double>(box.y1)};
}

double box_iou(const FloatBox& a, const FloatBox& b) {
  const FloatBox both{std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1),
                      std::min(a.y1, b.y1)};
  const double all = a.area() + b.area() - both.area();
  return all > 0 ? both.area() / all : 0;
}

FloatBox shifted(const FloatBox& box, int64_t dx, int64_t dy) {
  const auto x = static_cast<double>(dx), y = static_cast<double>(dy);
  return {box.x0 + x, box.y0 + y, box.x1 + x, box.y1 + y};
}

Box touched_pixels(const FloatBox& box, int64_t height, int64_t width) {
  const auto within = [](double value, int64_t limit) {
    return static_cast<int64_t>(std::clamp(value, 0.0, static_cast<double>(limit)));
  };
  return {within(std::floor(box.x0), width), within(std::floor(box.y0), height),
          within(std::ceil(box.x1), width), within(std::ceil(box.y1), height)};
}

at::Tensor corners(const std::vector<FloatBox>& boxes) {
  at::Tensor all = at::empty({static_cast<int64_t>(boxes.size()), 4}, at::kFloat);
  float* corner = all.mutable_data_ptr<float>();
  for (const FloatBox& one : boxes) {
    for (const double value : {one.x0, one.y0, one.x1, one.y1}) {
      *corner++ = static_cast<float>(value);
    }
  }
  return all;
}

std::vector<std::size_t> non_maximum_suppression(const std::vector<FloatBox>& boxes,
                                                 const std::vector<double>& scores,
                                                 double max_iou) {
  if (boxes.size() != scores.size()) {
    throw std::invalid_argument("non_maximum_suppression: expected a score for each of " +
                                std::to_string(boxes.size()) + " boxes, got " +
                                std::to_string(scores.size()));
  }
  std::vector<std::size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<std::size_t> kept;
  for (const std::size_t candidate : order) {
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](std::size_t surer) {
      return box_iou(boxes[candidate], boxes[surer]) > max_iou;
    });
    if (!hidden) kept.push_back(candidate);
  }
  return kept;
}

std::vector<Box> overlapping_tiles(int64_t height, int64_t width, int64_t rows, int64_t columns,
                                   double overlap) {
  if (rows < 1 || columns < 1 || !(overlap >= 0 && overlap <= 0.5)) {
    throw std::invalid_argument(
        "overlapping_tiles: expected 1 or more rows and columns and an overlap in [0, 0.5]");
  }
  const Windows down = windows(height, rows, overlap);
  const Windows across = windows(width, columns, overlap);
  std::vector<Box> tiles;
  for (const int64_t y : down.starts) {
    for (const int64_t x : across.starts) {
      tiles.push_back({x, y, x + across.side, y + down.side});
    }
  }
  return tiles;
}

}  // namespace situ
