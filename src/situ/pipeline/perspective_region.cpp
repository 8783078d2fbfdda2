// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/perspective_region.h"

#include <cmath>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/pipeline/summed_area.h"

namespace situ {
namespace {

constexpr int64_t kSmallestSide = 8;

// The boxes that stand on one row.
class StandingRow {
 public:
  StandingRow(const SummedArea& valid, const SummedArea* forbidden, const PerspectiveSize& size,
              double min_overlap, int64_t margin, int64_t bottom)
      : bottom_(bottom) {
    const double horizon = size.horizon * static_cast<double>(valid.height());
    const double above = static_cast<double>(bottom) - horizon;
    const double whole = static_cast<double>(valid.height()) - horizon;
    height_ = std::lround(static_cast<double>(size.height) * above / whole);
    width_ = std::lround(static_cast<double>(size.width) * above / whole);
    columns_ = valid.width() - 2 * margin - width_ + 1;
    if (std::min(height_, width_) < kSmallestSide || columns_ < 1 || bottom - height_ < margin) {
      columns_ = 0;
      return;
    }
    required_ = static_cast<int64_t>(
        std::ceil(min_overlap * static_cast<double>(height_) * static_cast<double>(width_)));
    valid_.emplace(valid.strip(bottom - height_, bottom, margin, width_));
    if (forbidden != nullptr) {
      forbidden_.emplace(forbidden->strip(bottom - height_, bottom, margin, width_));
    }
  }

  int64_t count() const {
    int64_t total = 0;
    for (int64_t x = 0; x < columns_; ++x) total += admits(x) ? 1 : 0;
    return total;
  }

  // The n-th admissible box; there are more than n.
  Box box(int64_t n, int64_t margin) const {
    int64_t x = 0;
    while (!admits(x) || n-- > 0) ++x;
    return {margin + x, bottom_ - height_, margin + x + width_, bottom_};
  }

 private:
  bool admits(int64_t x) const {
    return valid_->count(x) >= required_ && (!forbidden_ || forbidden_->count(x) == 0);
  }

  int64_t bottom_;
  int64_t height_ = 0;
  int64_t width_ = 0;
  int64_t columns_ = 0;
  int64_t required_ = 0;
  std::optional<SummedArea::Strip> valid_;
  std::optional<SummedArea::Strip> forbidden_;
};

}  // namespace

std::optional<Box> select_region_in_perspective(const at::Tensor& valid_area,
                                                const at::Tensor& forbidden,
                                                const PerspectiveSize& size, double min_overlap,
                                                int64_t margin, Random& random) {
  const SummedArea valid(valid_area);
  std::optional<SummedArea> taken;
  if (forbidden.defined()) taken.emplace(forbidden);
  const auto row = [&](int64_t bottom) {
    return StandingRow(valid, taken ? &*taken : nullptr, size, min_overlap, margin, bottom);
  };
  std::vector<int64_t> counts;
  int64_t total = 0;
  const int64_t last = valid.height() - margin;
  for (int64_t bottom = 1; bottom <= last; ++bottom) {
    counts.push_back(row(bottom).count());
    total += counts.back();
  }
  if (total == 0) return std::nullopt;
  int64_t chosen = random.integer(0, total);
  int64_t bottom = 1;
  for (const int64_t count : counts) {
    if (chosen < count) break;
    chosen -= count;
    ++bottom;
  }
  return row(bottom).box(chosen, margin);
}

std::optional<double> horizon_above(const at::Tensor& ground) {
  check_mask(ground, "horizon_above: ground");
  constexpr int64_t kShare = 100;
  const at::Tensor rows = ground.sum(1, false, at::kLong).mul(kShare).ge(ground.size(1)).nonzero();
  if (rows.size(0) == 0) return std::nullopt;
  const int64_t highest = rows[0].item<int64_t>();
  if (highest + 1 >= ground.size(0)) return std::nullopt;
  return static_cast<double>(highest) / static_cast<double>(ground.size(0));
}

}  // namespace situ
