// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "situ/imaging/box.h"

namespace situ {

/// A rectangle with corners between pixels, as detectors give it: pixel i of a row spans [i, i +
/// 1]. It may reach beyond the image.
struct FloatBox {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;

  /// Never negative.
  double area() const;
  bool operator==(const FloatBox&) const = default;
};

/// The pixels' outer edges.
FloatBox float_box(const Box& box);

/// Intersection over union in [0, 1]; 0 when both are empty.
double box_iou(const FloatBox& a, const FloatBox& b);

/// The box moved by whole pixels.
FloatBox shifted(const FloatBox& box, int64_t dx, int64_t dy);

/// The whole pixels that the box touches within an image of that size; empty where it touches none.
Box touched_pixels(const FloatBox& box, int64_t height, int64_t width);

/// The corners x0, y0, x1, y1 of all, float [N, 4].
at::Tensor corners(const std::vector<FloatBox>& boxes);

/// Greedy non-maximum suppression: the indices of the boxes, by falling score (equal ones in their
/// order), that overlap no surer kept one by more than max_iou. Throws std::invalid_argument where
/// the numbers of boxes and scores differ.
std::vector<std::size_t> non_maximum_suppression(const std::vector<FloatBox>& boxes,
                                                 const std::vector<double>& scores, double max_iou);

/// Windows that cover an image, `rows` x `columns` of one size, each overlapping its neighbours by
/// at least `overlap` of its side: where one number of tiles a side would make them less than one
/// pixel, there are fewer. Throws std::invalid_argument unless rows and columns are 1 or more and
/// overlap is in [0, 0.5].
std::vector<Box> overlapping_tiles(int64_t height, int64_t width, int64_t rows, int64_t columns,
                                   double overlap);

}  // namespace situ
