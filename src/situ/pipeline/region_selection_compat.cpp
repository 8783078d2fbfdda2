// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/imaging/connected_components.h"
#include "situ/pipeline/region_selection.h"
#include "situ/pipeline/summed_area.h"

namespace situ {
namespace {

struct Size {
  int64_t height = 0;
  int64_t width = 0;
};

// numpy.random.randint on float limits truncates them toward zero.
int64_t truncated(double value) { return static_cast<int64_t>(value); }

void check_compat_limits(const RegionOptions& options, int64_t min_side, int64_t max_side,
                         int64_t height, int64_t width) {
  const bool fits = max_side + 2 * options.margin <= std::min(height, width);
  if (min_side < max_side && fits) return;
  throw std::invalid_argument(std::string("region: expected ") +
                              (fits ? "min_side below max_side, which the original excludes"
                                    : "max_side and two margins to fit into the image") +
                              ", got min_side = " + std::to_string(min_side) +
                              ", max_side = " + std::to_string(max_side) +
                              ", margin = " + std::to_string(options.margin) + ", image " +
                              std::to_string(width) + " x " + std::to_string(height));
}

// Positions (row-major) in the bounding boxes of the components, enlarged up and left by the box,
// and inside the margins. Boxes overlap, so their borders are summed instead of filling each.
std::vector<int32_t> compat_candidates(const at::Tensor& valid_area, const RegionOptions& options,
                                       Size size) {
  const int64_t height = valid_area.size(0);
  const int64_t width = valid_area.size(1);
  const int64_t stride = width + 1;
  std::vector<int32_t> cover(static_cast<size_t>((height + 1) * stride), 0);
  for (const Component& one : connected_components(valid_area, Connectivity::kEight).components) {
    const int64_t y0 = std::max<int64_t>(one.box.y0 - size.height, 0);
    const int64_t x0 = std::max<int64_t>(one.box.x0 - size.width, 0);
    cover[static_cast<size_t>(y0 * stride + x0)] += 1;
    cover[static_cast<size_t>(y0 * stride + one.box.x1)] -= 1;
    cover[static_cast<size_t>(one.box.y1 * stride + x0)] -= 1;
    cover[static_cast<size_t>(one.box.y1 * stride + one.box.x1)] += 1;
  }
  // The original excludes the last admissible row and column.
  const int64_t row_end = height - size.height - options.margin;
  const int64_t column_end = width - size.width - options.margin;
  std::vector<int32_t> candidates;
  for (int64_t y = 0; y < row_end; ++y) {
    int32_t* row = cover.data() + y * stride;
    if (y > 0) {
      for (int64_t x = 0; x < stride; ++x) row[x] += row[x - stride];
    }
    int32_t covering = 0;
    for (int64_t x = 0; x < column_end; ++x) {
      covering += row[x];
      if (covering > 0 && y >= options.margin && x >= options.margin) {
        candidates.push_back(static_cast<int32_t>(y * width + x));
      }
    }
  }
  return candidates;
}

bool compat_admits(const SummedArea& valid, const RegionOptions& options, const Box& box) {
  if (!options.bottom_overlap) {
    return static_cast<double>(valid.count(box)) / static_cast<double>(box.area()) >=
           options.min_overlap;
  }
  Box lower = box;
  lower.y0 = truncated(static_cast<double>(box.y0) +
                       static_cast<double>(box.height()) * (1 - options.min_overlap));
  if (lower.height() == 0) return false;  // the mean of nothing is not a number
  const double mean = static_cast<double>(valid.count(lower)) / static_cast<double>(lower.area());
  return mean * options.min_overlap >= options.min_overlap;
}

}  // namespace

CompatRegion select_region_compat_poc(const at::Tensor& valid_area, const RegionOptions& options,
                                      uint32_t seed) {
  check_mask(valid_area, "select_region_compat_poc: valid_area");
  options.validate();
  const int64_t height = valid_area.size(0);
  const int64_t width = valid_area.size(1);
  if (height * width > std::numeric_limits<int32_t>::max()) {
    throw std::invalid_argument("select_region_compat_poc: expected fewer than 2^31 pixels, got " +
                                shape_text(valid_area));
  }
  // Where one limit is missing, the original replaces both.
  const bool given = options.min_side && options.max_side;
  const auto longer = static_cast<double>(std::max(height, width));
  const int64_t min_side = given ? *options.min_side : truncated(0.1 * longer);
  const int64_t max_side = given ? *options.max_side : truncated(0.3 * longer);
  check_compat_limits(options, min_side, max_side, height, width);

  NumpyLegacyRandom random(seed);
  Size size;
  size.height = random.randint(min_side, max_side);
  const auto side = static_cast<double>(size.height);
  size.width = random.randint(truncated(std::max(0.8 * side, static_cast<double>(min_side))),
                              truncated(std::min(1.2 * side, static_cast<double>(max_side))));

  const std::vector<int32_t> candidates = compat_candidates(valid_area, options, size);
  CompatRegion found{std::nullopt, static_cast<int64_t>(candidates.size())};
  const SummedArea valid(valid_area);
  for (const int32_t visited : random.permutation(static_cast<int32_t>(candidates.size()))) {
    const int64_t y = candidates[static_cast<size_t>(visited)] / width;
    const int64_t x = candidates[static_cast<size_t>(visited)] % width;
    const Box box{x, y, x + size.width, y + size.height};
    if (compat_admits(valid, options, box)) {
      found.box = box;
      break;
    }
  }
  return found;
}

}  // namespace situ
