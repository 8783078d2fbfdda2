// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/integral_image.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/imaging/host_tensor.h"
#include "situ/imaging/vector_targets.h"

namespace situ {
namespace {

/// Below this a second thread costs more than it saves.
constexpr int64_t kMinBandPixels = 1 << 18;

/// totals[x] += the true pixels of column x.
SITU_VECTOR_TARGETS
void add_column_totals(const uint8_t* rows, int64_t height, int64_t width, uint32_t* totals) {
  for (int64_t y = 0; y < height; ++y, rows += width) {
    for (int64_t x = 0; x < width; ++x) totals[x] += rows[x];
  }
}

/// One row of the table from the one above it, both without their leading zero.
void sum_row(const uint8_t* pixels, const uint32_t* above, int64_t width, uint32_t* out) {
  uint32_t sum = 0;
  for (int64_t x = 0; x < width; ++x) {
    sum += pixels[x];
    out[x] = above[x] + sum;
  }
}

/// Bands of rows are summed up in parallel. For that each needs the table's row just above it,
/// which follows from the column totals of the earlier bands.
void fill_table(const uint8_t* pixels, int64_t height, int64_t width, uint32_t* table) {
  const int64_t bands = std::clamp<int64_t>(height * width / kMinBandPixels, 1,
                                            std::min<int64_t>(at::get_num_threads(), height));
  const auto first_row = [&](int64_t band) { return height * band / bands; };
  std::vector<std::vector<uint32_t>> above(bands, std::vector<uint32_t>(width));
  at::parallel_for(0, bands - 1, 1, [&](int64_t begin, int64_t end) {
    for (int64_t band = begin; band < end; ++band) {
      add_column_totals(pixels + first_row(band) * width, first_row(band + 1) - first_row(band),
                        width, above[band + 1].data());
    }
  });
  for (int64_t band = 1; band < bands; ++band) {
    uint32_t sum = 0;
    for (int64_t x = 0; x < width; ++x) {
      // Column totals of this band become row sums over all bands before it.
      sum += above[band][x];
      above[band][x] = above[band - 1][x] + sum;
    }
  }
  const int64_t stride = width + 1;
  std::fill_n(table, stride, 0u);
  at::parallel_for(0, bands, 1, [&](int64_t begin, int64_t end) {
    for (int64_t band = begin; band < end; ++band) {
      const uint32_t* previous = above[band].data();
      for (int64_t y = first_row(band); y < first_row(band + 1); ++y) {
        uint32_t* row = table + (y + 1) * stride;
        row[0] = 0;
        sum_row(pixels + y * width, previous, width, row + 1);
        previous = row + 1;
      }
    }
  });
}

}  // namespace

IntegralImage::IntegralImage(const at::Tensor& mask) {
  const at::Tensor pixels = contiguous_host_mask(mask, "IntegralImage: mask");
  if (pixels.numel() > std::numeric_limits<uint32_t>::max()) {
    throw std::invalid_argument("IntegralImage: mask: expected fewer than 2^32 pixels, got " +
                                std::to_string(pixels.numel()));
  }
  height_ = pixels.size(0);
  width_ = pixels.size(1);
  table_ = at::empty({height_ + 1, width_ + 1}, at::kInt);
  auto* table = reinterpret_cast<uint32_t*>(table_.mutable_data_ptr<int32_t>());
  fill_table(reinterpret_cast<const uint8_t*>(pixels.const_data_ptr<bool>()), height_, width_,
             table);
  sums_ = table;
}

int64_t IntegralImage::count(const Box& box) const {
  const int64_t x0 = std::clamp<int64_t>(box.x0, 0, width_);
  const int64_t x1 = std::clamp<int64_t>(box.x1, x0, width_);
  const int64_t y0 = std::clamp<int64_t>(box.y0, 0, height_);
  const int64_t y1 = std::clamp<int64_t>(box.y1, y0, height_);
  const uint32_t* top = sums_ + y0 * (width_ + 1);
  const uint32_t* bottom = sums_ + y1 * (width_ + 1);
  // Modulo 2^32 like the table; the true count is below that.
  return static_cast<uint32_t>(bottom[x1] - bottom[x0] - top[x1] + top[x0]);
}

}  // namespace situ
