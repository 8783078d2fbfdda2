// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace situ {

/// The size of one feature map among several.
struct FeatureLevel {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t size() const { return height * width; }
  bool operator==(const FeatureLevel&) const = default;
};

/// What one call of multi-scale deformable attention works on; L levels, P points a level.
struct DeformableAttention {
  /// [B, heads, S, d]: the levels one after the other, each row by row. Heads come first because
  /// neighbours of one head are read together.
  at::Tensor value;
  /// [B, Q, heads * L * P * 2]: where to look, as x and y, from the reference.
  at::Tensor offsets;
  /// [B, Q, heads * L * P]: how much each place counts, before the softmax over L * P.
  at::Tensor scores;
  /// float32 [B, Q, L, 2]: x and y in [0, 1], offsets count pixels of the level; or [B, Q, L, 4]:
  /// boxes cxcywh, offsets count the box's half sides divided by P.
  at::Tensor reference;
  std::vector<FeatureLevel> levels;
  std::int64_t points = 1;
};

/// Each query's weighted sum of values sampled bilinearly (zero outside), head by head: [B, Q,
/// heads
/// * d]. Places and weights are computed in float32 whatever the dtype of the operands. Source:
/// Zhu et al. 2021, "Deformable DETR", eq. 3.
/// Runs a kernel of its own on contiguous float32 and bfloat16 tensors of the CPU, and otherwise
/// `portable_deformable_attention`.
/// Throws std::invalid_argument when the shapes do not belong together.
at::Tensor deformable_attention(const DeformableAttention& problem);

/// The same in terms of libtorch's grid_sample, for every device and dtype.
at::Tensor portable_deformable_attention(const DeformableAttention& problem);

}  // namespace situ
