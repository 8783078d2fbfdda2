// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/region_selection.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/pipeline/perspective_region.h"
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

/// Where a mask has pixels in a band of rows that moves down: one row of sums instead of a second
/// image of them, whose fresh memory would cost more than the search.
class MovingBand {
 public:
  /// mask: bool [H, W], kept alive by the caller.
  MovingBand(const at::Tensor& mask, int64_t band_height)
      : pixels_(reinterpret_cast<const uint8_t*>(mask.const_data_ptr<bool>())),
        width_(mask.size(1)),
        band_height_(band_height),
        column_counts_(static_cast<size_t>(width_), 0),
        sums_(static_cast<size_t>(width_ + 1), 0) {}

  /// Moves the band to the rows from y on, at best one below the last.
  void move_to(int64_t y) {
    if (top_ >= 0 && y == top_ + 1) {
      add_row(top_, -1);
      add_row(y + band_height_ - 1, 1);
    } else {
      std::fill(column_counts_.begin(), column_counts_.end(), 0);
      for (int64_t row = y; row < y + band_height_; ++row) add_row(row, 1);
    }
    top_ = y;
    std::partial_sum(column_counts_.begin(), column_counts_.end(), sums_.begin() + 1);
  }

  bool empty() const { return sums_.back() == 0; }
  /// True pixels of the band left of each column: [W + 1].
  const int32_t* sums() const { return sums_.data(); }

 private:
  void add_row(int64_t y, int32_t sign) {
    const uint8_t* row = pixels_ + y * width_;
    for (int64_t x = 0; x < width_; ++x) column_counts_[static_cast<size_t>(x)] += sign * row[x];
  }

  const uint8_t* pixels_;
  int64_t width_;
  int64_t band_height_;
  int64_t top_ = -1;
  std::vector<int32_t> column_counts_;
  std::vector<int32_t> sums_;
};

/// Which positions admit a box of one size.
class Positions {
 public:
  /// forbidden: contiguous, or undefined.
  Positions(const SummedArea& valid, const at::Tensor& forbidden, const RegionOptions& options,
            Size size)
      : valid_(valid),
        size_(size),
        margin_(options.margin),
        columns_(valid.width() - 2 * options.margin - size.width + 1),
        first_valid_row_(options.bottom_overlap ? size.height / 2 : 0),
        required_(static_cast<int32_t>(
            required_pixels(options.min_overlap, (size.height - first_valid_row_) * size.width))) {
    if (forbidden.defined()) forbidden_.emplace(forbidden, size.height);
  }

  /// A uniform choice among all admissible positions, or nothing where there are none.
  std::optional<Box> choose(Random& random) {
    const int64_t row_end = valid_.height() - margin_ - size_.height + 1;
    std::vector<int64_t> count_up_to;  // admissible positions in the rows so far
    int64_t total = 0;
    for (int64_t y = margin_; y < row_end; ++y) count_up_to.push_back(total += count(row_at(y)));
    if (total == 0) return std::nullopt;
    const int64_t chosen = random.integer(0, total);
    const auto row = std::upper_bound(count_up_to.begin(), count_up_to.end(), chosen);
    const int64_t before = row == count_up_to.begin() ? 0 : *(row - 1);
    const int64_t y = margin_ + (row - count_up_to.begin());
    const int64_t x = margin_ + position(row_at(y), chosen - before);
    return Box{x, y, x + size_.width, y + size_.height};
  }

 private:
  // The boxes of one row of positions.
  struct Row {
    SummedArea::Strip valid;
    const int32_t* forbidden_left;  // null where the whole row is free
    const int32_t* forbidden_right;
    int32_t required;

    bool free(int64_t x) const { return forbidden_left[x] == forbidden_right[x]; }
    bool covered(int64_t x) const { return valid.count(x) >= required; }
    bool admits(int64_t x) const { return covered(x) && (forbidden_left == nullptr || free(x)); }
  };

  Row row_at(int64_t y) {
    Row row{valid_.strip(y + first_valid_row_, y + size_.height, margin_, size_.width), nullptr,
            nullptr, required_};
    if (!forbidden_) return row;
    forbidden_->move_to(y);
    if (!forbidden_->empty()) {
      row.forbidden_left = forbidden_->sums() + margin_;
      row.forbidden_right = row.forbidden_left + size_.width;
    }
    return row;
  }

  // The loops run in blocks of fixed length, which the compiler turns into vector code.
  int64_t count(const Row& row) const {
    constexpr int64_t kBlock = 16;
    int64_t total = 0;
    int64_t x = 0;
    for (; x + kBlock <= columns_; x += kBlock) {
      int32_t admitted = 0;
      if (row.forbidden_left == nullptr) {
        for (int64_t i = 0; i < kBlock; ++i) admitted += row.covered(x + i);
      } else {
        for (int64_t i = 0; i < kBlock; ++i) admitted += row.covered(x + i) & row.free(x + i);
      }
      total += admitted;
    }
    for (; x < columns_; ++x) total += row.admits(x);
    return total;
  }

  // The n-th admissible position of the row, which has more than n.
  static int64_t position(const Row& row, int64_t n) {
    int64_t x = 0;
    while (!row.admits(x) || n-- > 0) ++x;
    return x;
  }

  const SummedArea& valid_;
  std::optional<MovingBand> forbidden_;
  Size size_;
  int64_t margin_;
  int64_t columns_;
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
  require_option(!horizon || (*horizon >= 0 && *horizon < 1), "horizon", horizon, "in [0, 1)");
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
  const at::Tensor taken = forbidden.defined() ? forbidden.contiguous() : forbidden;
  while (min_side <= max_side) {
    const Size size = draw_size(min_side, max_side, random);
    if (options.horizon) {
      return select_region_in_perspective(valid_area, taken,
                                          {size.height, size.width, *options.horizon},
                                          options.min_overlap, options.margin, random);
    }
    Positions positions(valid, taken, options, size);
    if (std::optional<Box> box = positions.choose(random)) return box;
    // Smaller sizes only: the search ends after about log(max_side - min_side) draws.
    max_side = std::max(size.height, size.width) - 1;
  }
  return std::nullopt;
}

}  // namespace situ
