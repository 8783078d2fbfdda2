// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/filter.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

// Taps of distance 0 … radius.
std::vector<double> half_kernel(double sigma, int64_t radius) {
  std::vector<double> taps;
  double sum = 0;
  for (int64_t d = 0; d <= radius; ++d) {
    taps.push_back(std::exp(-static_cast<double>(d * d) / (2 * sigma * sigma)));
    sum += d == 0 ? taps.back() : 2 * taps.back();
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

int64_t mirrored(int64_t i, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  i = ((i % period) + period) % period;
  return i < size ? i : period - i;
}

void blur_row(const double* input, double* output, int64_t width, const std::vector<double>& taps,
              std::vector<double>& padded) {
  const auto radius = static_cast<int64_t>(taps.size()) - 1;
  padded.resize(static_cast<std::size_t>(width + 2 * radius));
  for (int64_t x = -radius; x < width + radius; ++x) padded[x + radius] = input[mirrored(x, width)];
  std::fill(output, output + width, 0.0);
  for (int64_t d = -radius; d <= radius; ++d) {
    const double tap = taps[std::abs(d)];
    const double* shifted = padded.data() + radius + d;
    for (int64_t x = 0; x < width; ++x) output[x] = std::fma(shifted[x], tap, output[x]);
  }
}

}  // namespace

at::Tensor gaussian_blur(const at::Tensor& values, double sigma_px, int64_t radius_px) {
  check_shape(values, {"H", "W"}, "gaussian_blur: values");
  check_dtype(values, at::kDouble, "gaussian_blur: values");
  if (!(sigma_px > 0) || radius_px < 0) {
    throw std::invalid_argument("gaussian_blur: expected sigma > 0 and radius >= 0, got " +
                                std::to_string(sigma_px) + " and " + std::to_string(radius_px));
  }
  const std::vector<double> taps = half_kernel(sigma_px, radius_px);
  const int64_t height = values.size(0);
  const int64_t width = values.size(1);
  const at::Tensor source = values.contiguous();
  at::Tensor rows = at::empty_like(source);
  at::Tensor result = at::empty_like(source);
  const double* input = source.const_data_ptr<double>();
  double* middle = rows.data_ptr<double>();
  double* output = result.data_ptr<double>();

  at::parallel_for(0, height, 8, [&](int64_t begin, int64_t end) {
    std::vector<double> padded;
    for (int64_t y = begin; y < end; ++y) {
      blur_row(input + y * width, middle + y * width, width, taps, padded);
    }
  });
  at::parallel_for(0, height, 8, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      double* target = output + y * width;
      const double* center = middle + y * width;
      for (int64_t x = 0; x < width; ++x) target[x] = center[x] * taps[0];
      for (int64_t d = 1; d <= radius_px; ++d) {
        const double* below = middle + mirrored(y + d, height) * width;
        const double* above = middle + mirrored(y - d, height) * width;
        for (int64_t x = 0; x < width; ++x) {
          target[x] = std::fma(below[x] + above[x], taps[d], target[x]);
        }
      }
    }
  });
  return result;
}

}  // namespace situ
