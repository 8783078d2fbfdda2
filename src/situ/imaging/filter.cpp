// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/filter.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/imaging/box.h"
#include "situ/imaging/host_tensor.h"
#include "situ/imaging/vector_targets.h"

namespace situ {
namespace {

/// Columns that are summed up before going on, so that the sums stay in the cache.
constexpr int64_t kTileColumns = 128;
constexpr int64_t kMaxRadius = 1 << 20;

/// taps[d] for d = 0..radius; the other half is the same.
std::vector<double> half_kernel(double sigma, int64_t radius) {
  std::vector<double> taps(radius + 1, 1.0);
  double sum = 0.0;
  for (int64_t d = 1; d <= radius; ++d) {
    const double distance = static_cast<double>(d);
    taps[d] = std::exp(-(distance * distance) / (2.0 * sigma * sigma));
    sum += taps[d];
  }
  for (double& tap : taps) tap /= 2.0 * sum + 1.0;
  return taps;
}

/// The position within 0..size-1 that mirroring about the border pixels leads to.
int64_t mirrored(int64_t position, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  position = ((position % period) + period) % period;
  return position < size ? position : period - position;
}

/// out[x] = sum over t of kernel[t] * in[x + t], from the left tap to the right one.
SITU_VECTOR_TARGETS
void blur_row(const double* in, const double* kernel, int64_t taps, int64_t width, double* out) {
  for (int64_t x0 = 0; x0 < width; x0 += kTileColumns) {
    const int64_t columns = std::min(kTileColumns, width - x0);
    double sums[kTileColumns] = {};
    for (int64_t t = 0; t < taps; ++t) {
      const double* shifted = in + x0 + t;
      const double tap = kernel[t];
      for (int64_t x = 0; x < columns; ++x) sums[x] += tap * shifted[x];
    }
    for (int64_t x = 0; x < columns; ++x) out[x0 + x] = sums[x];
  }
}

/// sums[x] += (above[x] + below[x]) * tap
SITU_VECTOR_TARGETS
void add_pair(const double* above, const double* below, double tap, int64_t width, double* sums) {
  for (int64_t x = 0; x < width; ++x) sums[x] += (above[x] + below[x]) * tap;
}

/// Where the result can differ from zero: around the values that do, a radius further.
/// Mirrored pixels are never nearer than the pixel itself, so the border adds nothing.
std::optional<Box> reach_of(const at::Tensor& values, int64_t radius) {
  const std::optional<Box> box = bounding_box(values.ne(0));
  if (!box) return std::nullopt;
  return intersection({.x0 = box->x0 - radius,
                       .y0 = box->y0 - radius,
                       .x1 = box->x1 + radius,
                       .y1 = box->y1 + radius},
                      {.x0 = 0, .y0 = 0, .x1 = values.size(1), .y1 = values.size(0)});
}

/// Blurs along x the columns of `reach`, in every row of it; the rest of the result is zero.
at::Tensor blur_rows(const at::Tensor& values, const std::vector<double>& half, const Box& reach) {
  const int64_t width = values.size(1);
  const int64_t radius = static_cast<int64_t>(half.size()) - 1;
  std::vector<double> kernel(2 * radius + 1);
  for (int64_t t = 0; t <= 2 * radius; ++t) kernel[t] = half[std::abs(t - radius)];
  at::Tensor result = at::zeros_like(values);
  const double* in = values.const_data_ptr<double>();
  double* out = result.mutable_data_ptr<double>();
  at::parallel_for(reach.y0, reach.y1, 8, [&](int64_t begin, int64_t end) {
    std::vector<double> padded(reach.width() + 2 * radius);
    for (int64_t y = begin; y < end; ++y) {
      const double* row = in + y * width;
      bool all_zero = true;
      for (int64_t i = 0; i < static_cast<int64_t>(padded.size()); ++i) {
        padded[i] = row[mirrored(reach.x0 - radius + i, width)];
        all_zero = all_zero && padded[i] == 0.0;
      }
      if (all_zero) continue;
      blur_row(padded.data(), kernel.data(), static_cast<int64_t>(kernel.size()), reach.width(),
               out + y * width + reach.x0);
    }
  });
  return result;
}

/// Blurs along y inside `reach`: the middle row first, then the pairs outward.
at::Tensor blur_columns(const at::Tensor& values, const std::vector<double>& half,
                        const Box& reach) {
  const int64_t height = values.size(0);
  const int64_t width = values.size(1);
  at::Tensor result = at::zeros_like(values);
  const double* in = values.const_data_ptr<double>() + reach.x0;
  double* out = result.mutable_data_ptr<double>() + reach.x0;
  at::parallel_for(reach.y0, reach.y1, 8, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x0 = 0; x0 < reach.width(); x0 += kTileColumns) {
        const int64_t columns = std::min(kTileColumns, reach.width() - x0);
        double* sums = out + y * width + x0;
        for (int64_t x = 0; x < columns; ++x) sums[x] = in[y * width + x0 + x] * half[0];
        for (int64_t d = 1; d < static_cast<int64_t>(half.size()); ++d) {
          add_pair(in + mirrored(y + d, height) * width + x0,
                   in + mirrored(y - d, height) * width + x0, half[d], columns, sums);
        }
      }
    }
  });
  return result;
}

}  // namespace

at::Tensor gaussian_blur(const at::Tensor& values, double sigma_px, int64_t radius_px) {
  check_shape(values, {"H", "W"}, "gaussian_blur: values");
  check_dtype(values, at::kDouble, "gaussian_blur: values");
  check_host(values, "gaussian_blur: values");
  if (radius_px < 0 || radius_px > kMaxRadius) {
    throw std::invalid_argument("gaussian_blur: expected a radius in 0..1048576, got " +
                                std::to_string(radius_px));
  }
  if (radius_px == 0) return values.clone(at::MemoryFormat::Contiguous);
  if (!(sigma_px > 0.0) || !std::isfinite(sigma_px)) {
    throw std::invalid_argument("gaussian_blur: expected a positive sigma, got " +
                                std::to_string(sigma_px));
  }
  const at::Tensor pixels = values.contiguous();
  const std::optional<Box> reach = reach_of(pixels, radius_px);
  if (!reach) return at::zeros_like(pixels);
  const std::vector<double> half = half_kernel(sigma_px, radius_px);
  return blur_columns(blur_rows(pixels, half, *reach), half, *reach);
}

}  // namespace situ
