// SPDX-License-Identifier: Apache-2.0
// The kernel of deformable attention, compiled once for each instruction set: included by
// deformable_kernel.cpp and deformable_kernel_avx512.cpp alone. Everything is in an unnamed
// namespace, and no standard algorithm is used, so that no code for one set is taken for another.
#pragma once

#include <cstdint>

#include "situ/nn/deformable_kernel.h"

namespace situ {
namespace {

constexpr std::int64_t kLanes = 16;
using Lanes = float __attribute__((vector_size(4 * kLanes)));
using HalfLanes = std::uint16_t __attribute__((vector_size(2 * kLanes)));
using IntegerLanes = std::int32_t __attribute__((vector_size(4 * kLanes)));
using WordLanes = std::uint32_t __attribute__((vector_size(4 * kLanes)));

struct Float32Element {
  using Type = float;
  static float number(float x) { return x; }
  static float rounded(float x) { return x; }
  static void load(const float* from, Lanes& lanes) {
    __builtin_memcpy(&lanes, from, sizeof lanes);
  }
  static void store(float* to, const Lanes& lanes) { __builtin_memcpy(to, &lanes, sizeof lanes); }
};

struct BFloat16Element {
  using Type = std::uint16_t;
  static float number(std::uint16_t x) {
    const std::uint32_t word = static_cast<std::uint32_t>(x) << 16;
    float result;
    __builtin_memcpy(&result, &word, sizeof result);
    return result;
  }
  // To the nearest, ties to even; what is no number stays none.
  static std::uint16_t rounded(float x) {
    std::uint32_t word;
    __builtin_memcpy(&word, &x, sizeof word);
    if (x != x) return 0x7fc0;
    return static_cast<std::uint16_t>((word + 0x7fff + ((word >> 16) & 1)) >> 16);
  }
  static void load(const std::uint16_t* from, Lanes& lanes) {
    HalfLanes halves;
    __builtin_memcpy(&halves, from, sizeof halves);
    const WordLanes words = __builtin_convertvector(halves, WordLanes) << 16;
    __builtin_memcpy(&lanes, &words, sizeof lanes);
  }
  static void store(std::uint16_t* to, const Lanes& lanes) {
    for (std::int64_t i = 0; i < kLanes; ++i) to[i] = rounded(lanes[i]);
  }
};

// One place of a feature map that counts: where its values start, and how much.
struct Corner {
  std::int64_t offset;
  float weight;
};

// e^x to about 1e-7, for x of 0 and less; below -87 it stays at e^-87, which is as good as nothing.
inline void exponential(Lanes& x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kToWhole = 12582912;  // 1.5 * 2^23: added and taken off again, it rounds
  const Lanes smallest = Lanes{} - 87.0F;
  const Lanes powers = (x < smallest ? smallest : x) * kLog2E;
  const Lanes whole = (powers + kToWhole) - kToWhole;
  const Lanes f = powers - whole;  // [-1/2, 1/2]
  Lanes y = f * 1.535336188319500e-4F + 1.339887440266574e-3F;
  y = y * f + 9.618437357674640e-3F;
  y = y * f + 5.550332471162809e-2F;
  y = y * f + 2.402264791363012e-1F;
  y = y * f + 6.931472028550421e-1F;
  y = y * f + 1.0F;
  const WordLanes bits = __builtin_convertvector(
      (__builtin_convertvector(whole, IntegerLanes) + 127) << 23, WordLanes);
  Lanes scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  x = y * scale;
}

// Softmax in place, of scores in whole vectors, -infinity behind the last.
inline void normalise(Lanes* scores, std::int64_t vectors) {
  Lanes largest = scores[0], sum = {};
  for (std::int64_t i = 1; i < vectors; ++i) largest = largest > scores[i] ? largest : scores[i];
  float top = largest[0];
  for (std::int64_t i = 1; i < kLanes; ++i) top = largest[i] > top ? largest[i] : top;
  for (std::int64_t i = 0; i < vectors; ++i) {
    scores[i] -= top;
    exponential(scores[i]);
    sum += scores[i];
  }
  float total = 0;
  for (std::int64_t i = 0; i < kLanes; ++i) total += sum[i];
  for (std::int64_t i = 0; i < vectors; ++i) scores[i] /= total;
}

// Appends the up to four corners around (x, y), in pixels, that lie in the map. Written so that
// what is no number has none.
inline Corner* add_corners(const DeformableProblem& p, std::int64_t level, float x, float y,
                           float weight, Corner* corner) {
  const std::int64_t height = p.heights[level], width = p.widths[level];
  if (!(x > -1 && y > -1 && x < static_cast<float>(width) && y < static_cast<float>(height))) {
    return corner;
  }
  const float left = __builtin_floorf(x), top = __builtin_floorf(y);
  const float dx = x - left, dy = y - top;
  const auto column = static_cast<std::int64_t>(left), row = static_cast<std::int64_t>(top);
  const std::int64_t stride = p.heads * p.head_size;
  const std::int64_t first = (p.starts[level] + row * width + column) * stride;
  const bool has_left = column >= 0, has_right = column + 1 < width;
  if (row >= 0) {
    if (has_left) *corner++ = {first, weight * (1 - dx) * (1 - dy)};
    if (has_right) *corner++ = {first + stride, weight * dx * (1 - dy)};
  }
  if (row + 1 < height) {
    if (has_left) *corner++ = {first + width * stride, weight * (1 - dx) * dy};
    if (has_right) *corner++ = {first + (width + 1) * stride, weight * dx * dy};
  }
  return corner;
}

// The corners of one query and head; returns their end.
template <class Element>
Corner* collect_corners(const DeformableProblem& p, std::int64_t query, std::int64_t head,
                        Corner* corner) {
  const std::int64_t samples = p.levels * p.points;
  const std::int64_t row = (query * p.heads + head) * samples;
  const auto* offsets = static_cast<const typename Element::Type*>(p.offsets) + 2 * row;
  const auto* scores = static_cast<const typename Element::Type*>(p.scores) + row;
  Lanes weights[DeformableProblem::kMaxSamples / kLanes] = {};
  const std::int64_t vectors = (samples + kLanes - 1) / kLanes;
  for (std::int64_t i = 0; i < vectors * kLanes; ++i) {
    weights[i / kLanes][i % kLanes] = i < samples ? Element::number(scores[i]) : -__builtin_inff();
  }
  normalise(weights, vectors);
  for (std::int64_t level = 0; level < p.levels; ++level) {
    const float* reference = p.reference + (query * p.levels + level) * p.reference_size;
    const auto width = static_cast<float>(p.widths[level]);
    const auto height = static_cast<float>(p.heights[level]);
    const auto points = static_cast<float>(p.points);
    for (std::int64_t point = 0; point < p.points; ++point) {
      const std::int64_t i = level * p.points + point;
      const float dx = Element::number(offsets[2 * i]), dy = Element::number(offsets[2 * i + 1]);
      const bool box = p.reference_size == 4;
      const float x = reference[0] + (box ? dx / points * reference[2] * 0.5F : dx / width);
      const float y = reference[1] + (box ? dy / points * reference[3] * 0.5F : dy / height);
      const float weight = weights[i / kLanes][i % kLanes];
      corner = add_corners(p, level, x * width - 0.5F, y * height - 0.5F, weight, corner);
    }
  }
  return corner;
}

// The weighted sum of `kVectors` vectors of channels.
template <class Element, int kVectors>
void add_up(const typename Element::Type* value, const Corner* begin, const Corner* end,
            typename Element::Type* out) {
  Lanes sums[kVectors] = {};
  for (const Corner* corner = begin; corner != end; ++corner) {
    const typename Element::Type* from = value + corner->offset;
    for (int i = 0; i < kVectors; ++i) {
      Lanes lanes;
      Element::load(from + i * kLanes, lanes);
      sums[i] += lanes * corner->weight;
    }
  }
  for (int i = 0; i < kVectors; ++i) Element::store(out + i * kLanes, sums[i]);
}

template <class Element>
void attend_deformably(const DeformableProblem& p, std::int64_t first, std::int64_t last) {
  Corner corners[4 * DeformableProblem::kMaxSamples];
  const std::int64_t width = p.heads * p.head_size;
  for (std::int64_t query = first; query < last; ++query) {
    const auto* picture =
        static_cast<const typename Element::Type*>(p.value) + query / p.queries * p.values * width;
    for (std::int64_t head = 0; head < p.heads; ++head) {
      const Corner* end = collect_corners<Element>(p, query, head, corners);
      const auto* value = picture + head * p.head_size;
      auto* out = static_cast<typename Element::Type*>(p.out) + query * width + head * p.head_size;
      std::int64_t channel = 0;
      for (; channel + 2 * kLanes <= p.head_size; channel += 2 * kLanes) {
        add_up<Element, 2>(value + channel, corners, end, out + channel);
      }
      for (; channel + kLanes <= p.head_size; channel += kLanes) {
        add_up<Element, 1>(value + channel, corners, end, out + channel);
      }
      for (; channel < p.head_size; ++channel) {
        float sum = 0;
        for (const Corner* corner = corners; corner != end; ++corner) {
          sum += corner->weight * Element::number(value[corner->offset + channel]);
        }
        out[channel] = Element::rounded(sum);
      }
    }
  }
}

}  // namespace
}  // namespace situ
