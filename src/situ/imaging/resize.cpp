// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/resize.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/imaging/host_tensor.h"
#include "situ/imaging/vector_targets.h"

namespace situ {
namespace {

/// Bits behind the point of a weight: 8 bits of pixel and 2 of overshoot leave 22 of 32.
constexpr int kPrecisionBits = 22;
constexpr int64_t kMaxSize = int64_t{1} << 24;
/// Rows that the horizontal pass filters side by side, so that its inner loop has no reduction.
constexpr int64_t kTileRows = 16;
/// Columns that the vertical pass sums up before it goes on, so that the sums stay in the cache.
constexpr int64_t kTileColumns = 256;
constexpr int64_t kParallelGrainPixels = 1 << 15;

double bilinear(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * kA;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

struct Filter {
  double (*weight)(double);
  double support;
};

Filter filter_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kBilinear:
      return {bilinear, 1.0};
    case Interpolation::kBicubic:
      return {bicubic, 2.0};
    case Interpolation::kLanczos:
      return {lanczos, 3.0};
    case Interpolation::kNearest:
      break;
  }
  throw std::invalid_argument("resize: unknown interpolation " +
                              std::to_string(static_cast<int>(interpolation)));
}

/// For each output position the first input it reads and the weights from there on.
struct Taps {
  std::vector<int64_t> first;
  std::vector<int64_t> count;
  std::vector<int64_t> offset;  // into weights
  std::vector<int32_t> weights;
};

Taps make_taps(int64_t in, int64_t out, Filter filter) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double filter_scale = std::max(scale, 1.0);
  const double support = filter.support * filter_scale;
  const double inverse_scale = 1.0 / filter_scale;
  Taps taps;
  std::vector<double> row;
  for (int64_t x = 0; x < out; ++x) {
    const double center = (static_cast<double>(x) + 0.5) * scale;
    const int64_t low = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const int64_t high = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), in);
    row.clear();
    double sum = 0.0;
    for (int64_t j = 0; j < high - low; ++j) {
      row.push_back(filter.weight((static_cast<double>(j + low) - center + 0.5) * inverse_scale));
      sum += row.back();
    }
    taps.first.push_back(low);
    taps.count.push_back(high - low);
    taps.offset.push_back(static_cast<int64_t>(taps.weights.size()));
    for (const double value : row) {
      const double weight = (sum != 0.0 ? value / sum : value) * (1 << kPrecisionBits);
      taps.weights.push_back(static_cast<int32_t>(weight < 0.0 ? weight - 0.5 : weight + 0.5));
    }
  }
  return taps;
}

uint8_t to_byte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

/// Filters kTileRows rows at once. tile: [in][kTileRows]; out: kTileRows rows of out_width.
SITU_VECTOR_TARGETS
void filter_tile(const uint8_t* tile, const Taps& taps, int64_t out_width, int64_t rows,
                 uint8_t* out) {
  for (int64_t x = 0; x < out_width; ++x) {
    int32_t sums[kTileRows];
    for (int64_t r = 0; r < kTileRows; ++r) sums[r] = 1 << (kPrecisionBits - 1);
    const uint8_t* pixels = tile + taps.first[x] * kTileRows;
    const int32_t* weights = taps.weights.data() + taps.offset[x];
    for (int64_t j = 0; j < taps.count[x]; ++j, pixels += kTileRows) {
      for (int64_t r = 0; r < kTileRows; ++r) sums[r] += pixels[r] * weights[j];
    }
    for (int64_t r = 0; r < rows; ++r) out[r * out_width + x] = to_byte(sums[r]);
  }
}

/// [rows, in_width] to [rows, out_width].
void filter_rows(const uint8_t* in, int64_t rows, int64_t in_width, const Taps& taps,
                 int64_t out_width, uint8_t* out) {
  const int64_t tiles = (rows + kTileRows - 1) / kTileRows;
  const int64_t grain = std::max<int64_t>(1, kParallelGrainPixels / (in_width * kTileRows));
  at::parallel_for(0, tiles, grain, [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> tile(in_width * kTileRows);
    for (int64_t t = begin; t < end; ++t) {
      const int64_t first_row = t * kTileRows;
      const int64_t count = std::min(kTileRows, rows - first_row);
      for (int64_t r = 0; r < count; ++r) {
        const uint8_t* row = in + (first_row + r) * in_width;
        for (int64_t x = 0; x < in_width; ++x) tile[x * kTileRows + r] = row[x];
      }
      filter_tile(tile.data(), taps, out_width, count, out + first_row * out_width);
    }
  });
}

/// One output row from `count` input rows.
SITU_VECTOR_TARGETS
void filter_row_stack(const uint8_t* in, int64_t width, const int32_t* weights, int64_t count,
                      uint8_t* out) {
  for (int64_t x0 = 0; x0 < width; x0 += kTileColumns) {
    const int64_t columns = std::min(kTileColumns, width - x0);
    int32_t sums[kTileColumns];
    for (int64_t x = 0; x < columns; ++x) sums[x] = 1 << (kPrecisionBits - 1);
    for (int64_t j = 0; j < count; ++j) {
      const uint8_t* row = in + j * width + x0;
      const int32_t weight = weights[j];
      for (int64_t x = 0; x < columns; ++x) sums[x] += row[x] * weight;
    }
    for (int64_t x = 0; x < columns; ++x) out[x0 + x] = to_byte(sums[x]);
  }
}

/// [planes, in_height, width] to [planes, out_height, width].
void filter_columns(const uint8_t* in, int64_t planes, int64_t in_height, int64_t width,
                    const Taps& taps, int64_t out_height, uint8_t* out) {
  const int64_t grain = std::max<int64_t>(1, kParallelGrainPixels / width);
  at::parallel_for(0, planes * out_height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t y = i % out_height;
      const uint8_t* stack = in + (i / out_height * in_height + taps.first[y]) * width;
      filter_row_stack(stack, width, taps.weights.data() + taps.offset[y], taps.count[y],
                       out + i * width);
    }
  });
}

/// Pillow adds the step up instead of multiplying it, which shows in the last bit.
std::vector<int64_t> nearest_indices(int64_t in, int64_t out) {
  const double step = static_cast<double>(in) / static_cast<double>(out);
  double position = step * 0.5;
  std::vector<int64_t> indices(out);
  for (int64_t& index : indices) {
    index = std::min(static_cast<int64_t>(position), in - 1);
    position += step;
  }
  return indices;
}

/// [planes, in_height, in_width] to [planes, height, width].
at::Tensor resize_nearest(const at::Tensor& planes, int64_t height, int64_t width) {
  const int64_t in_height = planes.size(1);
  const int64_t in_width = planes.size(2);
  at::Tensor result = at::empty({planes.size(0), height, width}, planes.options());
  const std::vector<int64_t> rows = nearest_indices(in_height, height);
  const std::vector<int64_t> columns = nearest_indices(in_width, width);
  const uint8_t* in = planes.const_data_ptr<uint8_t>();
  uint8_t* out = result.mutable_data_ptr<uint8_t>();
  const int64_t grain = std::max<int64_t>(1, kParallelGrainPixels / width);
  at::parallel_for(0, planes.size(0) * height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint8_t* row = in + (i / height * in_height + rows[i % height]) * in_width;
      uint8_t* target = out + i * width;
      for (int64_t x = 0; x < width; ++x) target[x] = row[columns[x]];
    }
  });
  return result;
}

/// [planes, in_height, in_width] to [planes, height, width]: rows first, each pass only if needed.
at::Tensor resize_filtered(at::Tensor planes, int64_t height, int64_t width, Filter filter) {
  const int64_t count = planes.size(0);
  const int64_t in_height = planes.size(1);
  const int64_t in_width = planes.size(2);
  if (in_width != width) {
    const Taps taps = make_taps(in_width, width, filter);
    at::Tensor wide = at::empty({count, in_height, width}, planes.options());
    filter_rows(planes.const_data_ptr<uint8_t>(), count * in_height, in_width, taps, width,
                wide.mutable_data_ptr<uint8_t>());
    planes = wide;
  }
  if (in_height != height) {
    const Taps taps = make_taps(in_height, height, filter);
    at::Tensor high = at::empty({count, height, width}, planes.options());
    filter_columns(planes.const_data_ptr<uint8_t>(), count, in_height, width, taps, height,
                   high.mutable_data_ptr<uint8_t>());
    planes = high;
  }
  return planes;
}

}  // namespace

at::Tensor resize(const at::Tensor& image, int64_t height, int64_t width,
                  Interpolation interpolation) {
  const bool flat = image.defined() && image.dim() == 2;
  if (flat) {
    check_shape(image, {"H", "W"}, "resize: image");
  } else {
    check_shape(image, {"C", "H", "W"}, "resize: image");
  }
  check_dtype(image, at::kByte, "resize: image");
  check_host(image, "resize: image");
  if (height < 1 || width < 1 || height > kMaxSize || width > kMaxSize) {
    throw std::invalid_argument("resize: expected a size of 1x1 or more, got " +
                                std::to_string(height) + "x" + std::to_string(width));
  }
  if (image.size(-2) == height && image.size(-1) == width) {
    return image.clone(at::MemoryFormat::Contiguous);
  }
  const at::Tensor planes = (flat ? image.unsqueeze(0) : image).contiguous();
  const at::Tensor result = interpolation == Interpolation::kNearest
                                ? resize_nearest(planes, height, width)
                                : resize_filtered(planes, height, width, filter_of(interpolation));
  return flat ? result.squeeze(0) : result;
}

}  // namespace situ
