// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/morphology.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/imaging/host_tensor.h"
#include "situ/imaging/vector_targets.h"

namespace situ {
namespace {

constexpr int64_t kColumnsPerTask = 256;
constexpr int64_t kRowsPerTask = 32;

/// reach[g]: how far along the row a true pixel counts that lies g rows away.
std::vector<int64_t> row_reach(int64_t radius, Neighborhood neighborhood) {
  std::vector<int64_t> reach(radius + 1, radius);
  if (neighborhood == Neighborhood::kSquare) return reach;
  int64_t half = radius;
  for (int64_t g = 0; g <= radius; ++g) {
    while (half * half + g * g > radius * radius) --half;
    reach[g] = half;
  }
  return reach;
}

/// out[x] = 0 where pixels[x] is `target`, else one more than above[x] but at most `limit`.
SITU_VECTOR_TARGETS
void step_down(const bool* pixels, bool target, const int32_t* above, int32_t limit, int64_t width,
               int32_t* out) {
  for (int64_t x = 0; x < width; ++x) {
    const int32_t next = std::min(above[x] + 1, limit);
    out[x] = pixels[x] == target ? 0 : next;
  }
}

SITU_VECTOR_TARGETS
void step_up(const int32_t* below, int64_t width, int32_t* out) {
  for (int64_t x = 0; x < width; ++x) out[x] = std::min(out[x], below[x] + 1);
}

/// Rows to the nearest pixel of the column that is `target`, at most `limit`. int32 [H, W]
at::Tensor distances_in_columns(const at::Tensor& mask, bool target, int32_t limit) {
  const int64_t height = mask.size(0);
  const int64_t width = mask.size(1);
  at::Tensor result = at::empty({height, width}, at::kInt);
  const bool* in = mask.const_data_ptr<bool>();
  int32_t* out = result.mutable_data_ptr<int32_t>();
  at::parallel_for(0, width, kColumnsPerTask, [&](int64_t begin, int64_t end) {
    const int64_t columns = end - begin;
    const std::vector<int32_t> nothing(columns, limit);
    for (int64_t y = 0; y < height; ++y) {
      int32_t* row = out + y * width + begin;
      step_down(in + y * width + begin, target, y == 0 ? nothing.data() : row - width, limit,
                columns, row);
    }
    for (int64_t y = height - 2; y >= 0; --y) {
      int32_t* row = out + y * width + begin;
      step_up(row + width, columns, row);
    }
  });
  return result;
}

/// Writes `target` to every pixel of the row that some pixel left or right of it reaches.
void mark_reached(const int32_t* distances, const std::vector<int64_t>& reach, int64_t width,
                  bool target, bool* out) {
  const auto limit = static_cast<int32_t>(reach.size());
  int64_t covered = -1;
  for (int64_t x = 0; x < width; ++x) {
    if (distances[x] < limit) covered = std::max(covered, x + reach[distances[x]]);
    out[x] = (x <= covered) == target;
  }
  covered = width;
  for (int64_t x = width - 1; x >= 0; --x) {
    if (distances[x] < limit) covered = std::min(covered, x - reach[distances[x]]);
    if (x >= covered) out[x] = target;
  }
}

/// Returns the mask with the `target` pixels grown over the others.
at::Tensor grow(const at::Tensor& mask, bool target, int64_t radius, Neighborhood neighborhood,
                std::string_view where) {
  const at::Tensor pixels = contiguous_host_mask(mask, where);
  if (radius < 0) {
    throw std::invalid_argument(std::string(where) + ": expected a radius of 0 or more, got " +
                                std::to_string(radius));
  }
  const int64_t height = pixels.size(0);
  const int64_t width = pixels.size(1);
  // From here on every neighborhood holds the whole image.
  radius = std::min(radius, height + width);
  const std::vector<int64_t> reach = row_reach(radius, neighborhood);
  const at::Tensor distances =
      distances_in_columns(pixels, target, static_cast<int32_t>(radius) + 1);
  at::Tensor result = at::empty({height, width}, at::kBool);
  const int32_t* in = distances.const_data_ptr<int32_t>();
  bool* out = result.mutable_data_ptr<bool>();
  at::parallel_for(0, height, kRowsPerTask, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      mark_reached(in + y * width, reach, width, target, out + y * width);
    }
  });
  return result;
}

}  // namespace

at::Tensor dilate(const at::Tensor& mask, int64_t radius_px, Neighborhood neighborhood) {
  return grow(mask, true, radius_px, neighborhood, "dilate: mask");
}

at::Tensor erode(const at::Tensor& mask, int64_t radius_px, Neighborhood neighborhood) {
  return grow(mask, false, radius_px, neighborhood, "erode: mask");
}

}  // namespace situ
