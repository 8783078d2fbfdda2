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
    WordLanes words;
    __builtin_memcpy(&words, &lanes, sizeof words);
    words = (words + 0x7fff + ((words >> 16) & 1)) >> 16;
    words = lanes == lanes ? words : (words & 0) + 0x7fc0;
    const HalfLanes halves = __builtin_convertvector(words, HalfLanes);
    __builtin_memcpy(to, &halves, sizeof halves);
  }
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

constexpr IntegerLanes kEven = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
constexpr std::int64_t kMostVectors = DeformableProblem::kMaxSamples / kLanes;

constexpr std::int64_t kQueriesAtOnce = 32;

// Of each sample of a vector: the size of its level, and where that starts among the values.
struct LevelLanes {
  Lanes width = {}, height = {};
  IntegerLanes start = {};
};

// Of each sample of a vector: where its query looks from.
struct ReferenceLanes {
  Lanes x = {}, y = {}, width = {}, height = {};
};

// The four pixels around each sample of a vector: where their values start, and how much each
// counts; one outside the map counts nothing, and its place is the nearest inside.
struct CornerLanes {
  IntegerLanes offsets[4];
  Lanes weights[4];
};

inline void read_levels(const DeformableProblem& p, LevelLanes* levels) {
  for (std::int64_t i = 0; i < p.levels * p.points; ++i) {
    const std::int64_t level = i / p.points;
    LevelLanes& lanes = levels[i / kLanes];
    lanes.width[i % kLanes] = static_cast<float>(p.widths[level]);
    lanes.height[i % kLanes] = static_cast<float>(p.heights[level]);
    lanes.start[i % kLanes] = static_cast<std::int32_t>(p.starts[level]);
  }
}

inline void read_reference(const DeformableProblem& p, std::int64_t query,
                           ReferenceLanes* references) {
  for (std::int64_t i = 0; i < p.levels * p.points; ++i) {
    const float* reference = p.reference + (query * p.levels + i / p.points) * p.reference_size;
    ReferenceLanes& lanes = references[i / kLanes];
    lanes.x[i % kLanes] = reference[0];
    lanes.y[i % kLanes] = reference[1];
    if (p.reference_size == 2) continue;
    lanes.width[i % kLanes] = reference[2];
    lanes.height[i % kLanes] = reference[3];
  }
}

// x, y: of samples, in pixels. Written so that what is no number counts nothing.
inline CornerLanes corners_around(const LevelLanes& level, Lanes x, Lanes y, const Lanes& weight,
                                  std::int64_t stride) {
  const IntegerLanes inside = (x > -1.0F) & (y > -1.0F) & (x < level.width) & (y < level.height);
  const Lanes nothing = {};
  x = inside ? x : nothing;
  y = inside ? y : nothing;
  IntegerLanes left = __builtin_convertvector(x, IntegerLanes);
  IntegerLanes top = __builtin_convertvector(y, IntegerLanes);
  left += __builtin_convertvector(left, Lanes) > x;  // to the lower number: true is -1
  top += __builtin_convertvector(top, Lanes) > y;
  const Lanes dx = x - __builtin_convertvector(left, Lanes);
  const Lanes dy = y - __builtin_convertvector(top, Lanes);
  const IntegerLanes width = __builtin_convertvector(level.width, IntegerLanes);
  const IntegerLanes height = __builtin_convertvector(level.height, IntegerLanes);
  const IntegerLanes none = {};
  const IntegerLanes columns[2] = {left < 0 ? none : left, left + 1 < width ? left + 1 : width - 1};
  const IntegerLanes rows[2] = {top < 0 ? none : top, top + 1 < height ? top + 1 : height - 1};
  const Lanes counted = inside ? weight : nothing;
  const Lanes by_column[2] = {left < 0 ? nothing : 1 - dx, left + 1 < width ? dx : nothing};
  const Lanes by_row[2] = {top < 0 ? nothing : 1 - dy, top + 1 < height ? dy : nothing};
  CornerLanes corners;
  for (int i = 0; i < 4; ++i) {
    corners.offsets[i] =
        (level.start + rows[i / 2] * width + columns[i % 2]) * static_cast<std::int32_t>(stride);
    corners.weights[i] = counted * by_column[i % 2] * by_row[i / 2];
  }
  return corners;
}

// The corners of all samples of one query and head.
template <class Element>
void collect_corners(const DeformableProblem& p, const LevelLanes* levels,
                     const ReferenceLanes* references, std::int64_t query_and_head,
                     CornerLanes* corners) {
  const std::int64_t samples = p.levels * p.points;
  const auto* offsets =
      static_cast<const typename Element::Type*>(p.offsets) + 2 * query_and_head * samples;
  const auto* scores =
      static_cast<const typename Element::Type*>(p.scores) + query_and_head * samples;
  const std::int64_t vectors = (samples + kLanes - 1) / kLanes;
  Lanes weights[kMostVectors] = {}, x[kMostVectors] = {}, y[kMostVectors] = {};
  const std::int64_t whole = samples / kLanes;
  for (std::int64_t v = 0; v < whole; ++v) {
    Lanes first, second;
    Element::load(scores + v * kLanes, weights[v]);
    Element::load(offsets + 2 * v * kLanes, first);
    Element::load(offsets + (2 * v + 1) * kLanes, second);
    x[v] = __builtin_shuffle(first, second, kEven);
    y[v] = __builtin_shuffle(first, second, kEven + 1);
  }
  for (std::int64_t i = whole * kLanes; i < vectors * kLanes; ++i) {
    const bool is_one = i < samples;
    weights[i / kLanes][i % kLanes] = is_one ? Element::number(scores[i]) : -__builtin_inff();
    x[i / kLanes][i % kLanes] = is_one ? Element::number(offsets[2 * i]) : 0;
    y[i / kLanes][i % kLanes] = is_one ? Element::number(offsets[2 * i + 1]) : 0;
  }
  normalise(weights, vectors);
  const auto points = static_cast<float>(p.points);
  for (std::int64_t v = 0; v < vectors; ++v) {
    const LevelLanes& level = levels[v];
    const ReferenceLanes& reference = references[v];
    if (p.reference_size == 4) {
      x[v] = reference.x + x[v] / points * reference.width * 0.5F;
      y[v] = reference.y + y[v] / points * reference.height * 0.5F;
    } else {
      x[v] = reference.x + x[v] / level.width;
      y[v] = reference.y + y[v] / level.height;
    }
    corners[v] = corners_around(level, x[v] * level.width - 0.5F, y[v] * level.height - 0.5F,
                                weights[v], p.head_size);
  }
}

// The weighted sum of `kVectors` vectors of channels.
template <class Element, int kVectors>
void add_up(const typename Element::Type* value, const CornerLanes* corners, std::int64_t samples,
            typename Element::Type* out) {
  Lanes sums[kVectors] = {};
  for (std::int64_t i = 0; i < samples; ++i) {
    const CornerLanes& around = corners[i / kLanes];
    for (int corner = 0; corner < 4; ++corner) {
      const typename Element::Type* from = value + around.offsets[corner][i % kLanes];
      const float weight = around.weights[corner][i % kLanes];
      for (int v = 0; v < kVectors; ++v) {
        Lanes lanes;
        Element::load(from + v * kLanes, lanes);
        sums[v] += lanes * weight;
      }
    }
  }
  for (int v = 0; v < kVectors; ++v) Element::store(out + v * kLanes, sums[v]);
}

template <class Element>
typename Element::Type add_up_one(const typename Element::Type* value, const CornerLanes* corners,
                                  std::int64_t samples) {
  float sum = 0;
  for (std::int64_t i = 0; i < samples; ++i) {
    const CornerLanes& around = corners[i / kLanes];
    for (int corner = 0; corner < 4; ++corner) {
      sum += around.weights[corner][i % kLanes] *
             Element::number(value[around.offsets[corner][i % kLanes]]);
    }
  }
  return Element::rounded(sum);
}

// One head of one query.
template <class Element>
void attend_once(const DeformableProblem& p, const CornerLanes* corners,
                 const typename Element::Type* value, typename Element::Type* out) {
  const std::int64_t samples = p.levels * p.points;
  std::int64_t channel = 0;
  for (; channel + 2 * kLanes <= p.head_size; channel += 2 * kLanes) {
    add_up<Element, 2>(value + channel, corners, samples, out + channel);
  }
  for (; channel + kLanes <= p.head_size; channel += kLanes) {
    add_up<Element, 1>(value + channel, corners, samples, out + channel);
  }
  for (; channel < p.head_size; ++channel) {
    out[channel] = add_up_one<Element>(value + channel, corners, samples);
  }
}

// At most kQueriesAtOnce queries, head by head, so that what one reads stays in the nearest cache.
template <class Element>
void attend_block(const DeformableProblem& p, const LevelLanes* levels, std::int64_t first,
                  std::int64_t last) {
  ReferenceLanes references[kQueriesAtOnce][kMostVectors];
  CornerLanes corners[kMostVectors];
  for (std::int64_t query = first; query < last; ++query) {
    read_reference(p, query, references[query - first]);
  }
  const auto* values = static_cast<const typename Element::Type*>(p.value);
  auto* out = static_cast<typename Element::Type*>(p.out);
  for (std::int64_t head = 0; head < p.heads; ++head) {
    for (std::int64_t query = first; query < last; ++query) {
      const std::int64_t picture_head = query / p.queries * p.heads + head;
      const std::int64_t query_head = query * p.heads + head;
      collect_corners<Element>(p, levels, references[query - first], query_head, corners);
      attend_once<Element>(p, corners, values + picture_head * p.values * p.head_size,
                           out + query_head * p.head_size);
    }
  }
}

template <class Element>
void attend_deformably(const DeformableProblem& p, std::int64_t first, std::int64_t last) {
  LevelLanes levels[kMostVectors];
  read_levels(p, levels);
  for (std::int64_t begin = first; begin < last; begin += kQueriesAtOnce) {
    const std::int64_t end = last - begin < kQueriesAtOnce ? last : begin + kQueriesAtOnce;
    attend_block<Element>(p, levels, begin, end);
  }
}

}  // namespace
}  // namespace situ
