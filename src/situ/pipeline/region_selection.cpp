// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/region_selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/imaging/connected_components.h"
#include "situ/pipeline/summed_area.h"

namespace situ {
namespace {

// The width is 0.8 to 1.2 times the height, as in the original code.
constexpr double kMinAspect = 0.8;
constexpr double kMaxAspect = 1.2;

struct Size {
  int64_t height = 0;
  int64_t width = 0;
};

Size draw_size(int64_t min_side, int64_t max_side, Random& random) {
  const int64_t height = random.integer(min_side, max_side + 1);
  const auto side = static_cast<double>(height);
  const int64_t narrowest = std::max(static_cast<int64_t>(std::ceil(kMinAspect * side)), min_side);
  const int64_t widest = std::min(static_cast<int64_t>(std::floor(kMaxAspect * side)), max_side);
  return {height, random.integer(narrowest, widest + 1)};
}

// The least number of pixels of `area` that makes a share of `share`.
int64_t required_pixels(double share, int64_t area) {
  const auto enough = [&](int64_t pixels) {
    return static_cast<double>(pixels) / static_cast<double>(area) >= share;
  };
  int64_t pixels = static_cast<int64_t>(std::ceil(share * static_cast<double>(area)));
  while (pixels > 0 && enough(pixels - 1)) --pixels;
  while (pixels < area && !enough(pixels)) ++pixels;
  return pixels;
}

/// Which positions admit a box of one size.
class Positions {
 public:
  Positions(const SummedArea& valid, const SummedArea* forbidden, const RegionOptions& options,
            Size size)
      : valid_(valid),
        forbidden_(forbidden),
        size_(size),
        margin_(options.margin),
        first_valid_row_(options.bottom_overlap ? size.height / 2 : 0),
        required_(static_cast<int32_t>(
            required_pixels(options.min_overlap, (size.height - first_valid_row_) * size.width))) {}

  /// A uniform choice among all admissible positions, or nothing where there are none.
  std::optional<Box> choose(Random& random) const {
    const int64_t row_end = valid_.height() - margin_ - size_.height + 1;
    std::vector<int64_t> count_up_to;  // admissible positions in the rows so far
    int64_t total = 0;
    for (int64_t y = margin_; y < row_end; ++y) count_up_to.push_back(total += count_in_row(y));
    if (total == 0) return std::nullopt;
    const int64_t chosen = random.integer(0, total);
    const auto row = std::upper_bound(count_up_to.begin(), count_up_to.end(), chosen);
    const int64_t before = row == count_up_to.begin() ? 0 : *(row - 1);
    const int64_t y = margin_ + (row - count_up_to.begin());
    const int64_t x = position_in_row(y, chosen - before);
    return Box{x, y, x + size_.width, y + size_.height};
  }

 private:
  int64_t column_count() const { return valid_.width() - 2 * margin_ - size_.width + 1; }

  // The loops run in blocks of fixed length, which the compiler turns into vector code.
  int64_t count_in_row(int64_t y) const {
    constexpr int64_t kBlock = 16;
    const SummedArea::Strip valid = valid_strip(y);
    const SummedArea::Strip forbidden = forbidden_strip(y);
    const int64_t columns = column_count();
    int64_t total = 0;
    int64_t x = 0;
    for (; x + kBlock <= columns; x += kBlock) {
      int32_t admitted = 0;
      if (forbidden_ == nullptr) {
        for (int64_t i = 0; i < kBlock; ++i) admitted += valid.count(x + i) >= required_;
      } else {
        for (int64_t i = 0; i < kBlock; ++i) {
          admitted += (valid.count(x + i) >= required_) & (forbidden.count(x + i) == 0);
        }
      }
      total += admitted;
    }
    for (; x < columns; ++x) total += admits(valid, forbidden, x);
    return total;
  }

  // The column of the n-th admissible position of row y.
  int64_t position_in_row(int64_t y, int64_t n) const {
    const SummedArea::Strip valid = valid_strip(y);
    const SummedArea::Strip forbidden = forbidden_strip(y);
    int64_t x = 0;
    while (!admits(valid, forbidden, x) || n-- > 0) ++x;
    return margin_ + x;
  }

  bool admits(const SummedArea::Strip& valid, const SummedArea::Strip& forbidden, int64_t x) const {
    return valid.count(x) >= required_ && (forbidden_ == nullptr || forbidden.count(x) == 0);
  }

  SummedArea::Strip valid_strip(int64_t y) const {
    return valid_.strip(y + first_valid_row_, y + size_.height, margin_, size_.width);
  }
  SummedArea::Strip forbidden_strip(int64_t y) const {
    return forbidden_ == nullptr ? SummedArea::Strip{}
                                 : forbidden_->strip(y, y + size_.height, margin_, size_.width);
  }

  const SummedArea& valid_;
  const SummedArea* forbidden_;
  Size size_;
  int64_t margin_;
  int64_t first_valid_row_;
  int32_t required_;
};

[[noreturn]] void throw_limits(const std::string& problem, const RegionOptions& options,
                               int64_t min_side, int64_t max_side, int64_t height, int64_t width) {
  throw std::invalid_argument("region: " + problem + " (min_side = " + std::to_string(min_side) +
                              ", max_side = " + std::to_string(max_side) +
                              ", margin = " + std::to_string(options.margin) + ", image " +
                              std::to_string(width) + " x " + std::to_string(height) + ")");
}

}  // namespace

void RegionOptions::validate() const {
  // No image has a longer side; the bound keeps areas within 64 bits.
  constexpr int64_t kLongest = 1 << 24;
  const char* const side_bound = "in [1, 16777216]";
  require_option(!min_side || (*min_side >= 1 && *min_side <= kLongest), "min_side", min_side,
                 side_bound);
  require_option(!max_side || (*max_side >= 1 && *max_side <= kLongest), "max_side", max_side,
                 side_bound);
  require_option(!min_side || !max_side || *max_side >= *min_side, "max_side", max_side,
                 ("min_side = " + std::to_string(min_side.value_or(0)) + " or more").c_str());
  require_option(min_overlap >= 0 && min_overlap <= 1, "min_overlap", min_overlap, "in [0, 1]");
  require_option(margin >= 0 && margin <= kLongest, "margin", margin, "in [0, 16777216]");
}

SideLimits side_limits(const RegionOptions& options, int64_t height, int64_t width) {
  options.validate();
  const auto longer = static_cast<double>(std::max(height, width));
  const int64_t space = std::min(height, width) - 2 * options.margin;
  const auto default_side = [&](double share) {
    return std::clamp<int64_t>(static_cast<int64_t>(share * longer), 1,
                               std::max<int64_t>(space, 1));
  };
  int64_t min_side = options.min_side.value_or(default_side(0.1));
  int64_t max_side = options.max_side.value_or(default_side(0.3));
  // A default gives way to a side that was asked for.
  if (!options.min_side) min_side = std::min(min_side, max_side);
  if (!options.max_side) max_side = std::max(min_side, max_side);
  if (max_side > space) {
    throw_limits("max_side and two margins must fit into the image", options, min_side, max_side,
                 height, width);
  }
  return {min_side, max_side};
}

std::optional<Box> select_region(const at::Tensor& valid_area, const at::Tensor& forbidden,
                                 const RegionOptions& options, Random& random) {
  check_mask(valid_area, "select_region: valid_area");
  if (forbidden.defined()) {
    check_mask(forbidden, "select_region: forbidden");
    check_shape(forbidden, {std::to_string(valid_area.size(0)), std::to_string(valid_area.size(1))},
                "select_region: forbidden");
  }
  auto [min_side, max_side] = side_limits(options, valid_area.size(0), valid_area.size(1));
  const SummedArea valid(valid_area);
  std::optional<SummedArea> taken;
  if (forbidden.defined()) {
    taken.emplace(forbidden);
    if (taken->total() == 0) taken.reset();
  }
  while (min_side <= max_side) {
    const Size size = draw_size(min_side, max_side, random);
    const Positions positions(valid, taken ? &*taken : nullptr, options, size);
    if (std::optional<Box> box = positions.choose(random)) return box;
    // Smaller sizes only: the search ends after about log(max_side - min_side) draws.
    max_side = std::max(size.height, size.width) - 1;
  }
  return std::nullopt;
}

namespace {

// numpy.random.randint on float limits truncates them toward zero.
int64_t truncated(double value) { return static_cast<int64_t>(value); }

void check_compat_limits(const RegionOptions& options, int64_t min_side, int64_t max_side,
                         int64_t height, int64_t width) {
  if (min_side >= max_side) {
    throw_limits("min_side must be below max_side, which the original excludes", options, min_side,
                 max_side, height, width);
  }
  if (max_side + 2 * options.margin > std::min(height, width)) {
    throw_limits("max_side and two margins must fit into the image", options, min_side, max_side,
                 height, width);
  }
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
  size.width =
      random.randint(truncated(std::max(kMinAspect * side, static_cast<double>(min_side))),
                     truncated(std::min(kMaxAspect * side, static_cast<double>(max_side))));

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
