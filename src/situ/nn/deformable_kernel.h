// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace situ {

/// Deformable attention over raw memory; every operand is dense. See deformable_attention.h.
struct DeformableProblem {
  static constexpr std::int64_t kMaxLevels = 8;
  static constexpr std::int64_t kMaxSamples = 64;  // levels * points
  static constexpr std::int64_t kMaxHeadSize = 256;

  const void* value = nullptr;    // [B, heads, S, head_size]
  const void* offsets = nullptr;  // [B, Q, heads, levels, points, 2], dtype of value
  const void* scores = nullptr;   // [B, Q, heads, levels, points], dtype of value
  const float* reference = nullptr;
  void* out = nullptr;  // [B, Q, heads, head_size]
  std::int64_t queries = 0, values = 0, heads = 0, head_size = 0;
  std::int64_t levels = 0, points = 0;
  std::int64_t reference_size = 2;  // 2 or 4 numbers
  std::int64_t heights[kMaxLevels] = {};
  std::int64_t widths[kMaxLevels] = {};
  std::int64_t starts[kMaxLevels] = {};  // of each level among the values
};

enum class DeformableElement { kFloat32, kBFloat16 };

/// Computes the queries [first, last) of all B * Q.
using DeformableKernel = void (*)(const DeformableProblem&, std::int64_t first, std::int64_t last);

/// The fastest kernel that this processor runs.
DeformableKernel deformable_kernel(DeformableElement element);

/// The one that every processor runs.
DeformableKernel baseline_deformable_kernel(DeformableElement element);

}  // namespace situ
