// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/resize.h"

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

constexpr int kPrecisionBits = 22;  // Pillow: 32 - 8 - 2

double sinc(double x) { return x == 0 ? 1 : std::sin(x * M_PI) / (x * M_PI); }

double filter_value(Interpolation interpolation, double x) {
  x = std::abs(x);
  switch (interpolation) {
    case Interpolation::kBilinear:
      return x < 1 ? 1 - x : 0;
    case Interpolation::kBicubic: {
      constexpr double a = -0.5;
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
    case Interpolation::kLanczos:
      return x < 3 ? sinc(x) * sinc(x / 3) : 0;
    case Interpolation::kNearest:
      break;
  }
  throw std::invalid_argument("filter_value: nearest has no filter");
}

double filter_support(Interpolation interpolation) {
  if (interpolation == Interpolation::kBilinear) return 1;
  return interpolation == Interpolation::kBicubic ? 2 : 3;
}

/// For each output position: the first input position and the fixed-point weights from there on.
struct Weights {
  std::vector<int64_t> first;
  std::vector<int64_t> count;
  std::vector<int32_t> values;  // `stride` of them an output position
  int64_t stride = 0;
};

Weights resampling_weights(int64_t in_size, int64_t out_size, Interpolation interpolation) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  const double filter_scale = std::max(scale, 1.0);
  const double support = filter_support(interpolation) * filter_scale;
  Weights weights;
  weights.stride = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  weights.values.assign(static_cast<std::size_t>(weights.stride * out_size), 0);
  std::vector<double> exact(static_cast<std::size_t>(weights.stride));
  for (int64_t x = 0; x < out_size; ++x) {
    const double center = (static_cast<double>(x) + 0.5) * scale;
    const auto low = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const auto high = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), in_size);
    double sum = 0;
    for (int64_t i = low; i < high; ++i) {
      const double position = (static_cast<double>(i) - center + 0.5) * (1.0 / filter_scale);
      sum += exact[i - low] = filter_value(interpolation, position);
    }
    int32_t* row = weights.values.data() + x * weights.stride;
    for (int64_t i = 0; i < high - low; ++i) {
      const double weight = (sum != 0 ? exact[i] / sum : exact[i]) * (1 << kPrecisionBits);
      row[i] = static_cast<int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    weights.first.push_back(low);
    weights.count.push_back(high - low);
  }
  return weights;
}

uint8_t clipped(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

// planes: [N, H, W] -> [N, H, out]
at::Tensor resized_rows(const at::Tensor& planes, int64_t out, Interpolation interpolation) {
  const int64_t lines = planes.size(0) * planes.size(1);
  const int64_t in = planes.size(2);
  const Weights weights = resampling_weights(in, out, interpolation);
  at::Tensor result = at::empty({planes.size(0), planes.size(1), out}, at::kByte);
  const uint8_t* source = planes.const_data_ptr<uint8_t>();
  uint8_t* target = result.data_ptr<uint8_t>();
  at::parallel_for(0, lines, 64, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const uint8_t* input = source + line * in;
      for (int64_t x = 0; x < out; ++x) {
        const int32_t* row = weights.values.data() + x * weights.stride;
        const uint8_t* pixels = input + weights.first[x];
        int32_t sum = 1 << (kPrecisionBits - 1);
        for (int64_t i = 0; i < weights.count[x]; ++i) sum += pixels[i] * row[i];
        target[line * out + x] = clipped(sum);
      }
    }
  });
  return result;
}

// planes: [N, H, W] -> [N, out, W]
at::Tensor resized_columns(const at::Tensor& planes, int64_t out, Interpolation interpolation) {
  const int64_t in = planes.size(1);
  const int64_t width = planes.size(2);
  const Weights weights = resampling_weights(in, out, interpolation);
  at::Tensor result = at::empty({planes.size(0), out, width}, at::kByte);
  const uint8_t* source = planes.const_data_ptr<uint8_t>();
  uint8_t* target = result.data_ptr<uint8_t>();
  at::parallel_for(0, planes.size(0) * out, 16, [&](int64_t begin, int64_t end) {
    std::vector<int32_t> sums(static_cast<std::size_t>(width));
    for (int64_t line = begin; line < end; ++line) {
      const int64_t plane = line / out;
      const int64_t y = line % out;
      const int32_t* row = weights.values.data() + y * weights.stride;
      std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
      for (int64_t i = 0; i < weights.count[y]; ++i) {
        const uint8_t* input = source + (plane * in + weights.first[y] + i) * width;
        for (int64_t x = 0; x < width; ++x) sums[x] += input[x] * row[i];
      }
      for (int64_t x = 0; x < width; ++x) target[line * width + x] = clipped(sums[x]);
    }
  });
  return result;
}

at::Tensor nearest_indices(int64_t in_size, int64_t out_size) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  at::Tensor indices = at::empty({out_size}, at::kLong);
  for (int64_t i = 0; i < out_size; ++i) {
    indices.data_ptr<int64_t>()[i] =
        std::min(static_cast<int64_t>((static_cast<double>(i) + 0.5) * scale), in_size - 1);
  }
  return indices;
}

}  // namespace

at::Tensor resize(const at::Tensor& image, int64_t height, int64_t width,
                  Interpolation interpolation) {
  check_dtype(image, at::kByte, "resize: image");
  if ((image.dim() != 2 && image.dim() != 3) || image.numel() == 0) {
    throw std::invalid_argument("resize: image: expected [C, H, W] or [H, W], got " +
                                shape_text(image));
  }
  if (height < 1 || width < 1) {
    throw std::invalid_argument("resize: expected a size of 1 or more, got " +
                                std::to_string(height) + " x " + std::to_string(width));
  }
  at::Tensor planes = (image.dim() == 2 ? image.unsqueeze(0) : image).contiguous();
  if (interpolation == Interpolation::kNearest) {
    planes = planes.index_select(1, nearest_indices(planes.size(1), height))
                 .index_select(2, nearest_indices(planes.size(2), width));
  } else {
    if (planes.size(2) != width) planes = resized_rows(planes, width, interpolation);
    if (planes.size(1) != height) planes = resized_columns(planes, height, interpolation);
  }
  if (planes.is_alias_of(image)) planes = planes.clone();
  return image.dim() == 2 ? planes.squeeze(0) : planes;
}

}  // namespace situ
