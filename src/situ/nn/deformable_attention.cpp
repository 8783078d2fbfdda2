// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/deformable_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <limits>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/nn/deformable_kernel.h"

namespace situ {
namespace {

void check(const DeformableAttention& p) {
  const auto fail = [](const std::string& what) {
    throw std::invalid_argument("deformable_attention: " + what);
  };
  check_shape(p.value, {"B", "heads", "S", "d"}, "deformable_attention: value");
  check_shape(p.offsets, {"B", "Q", "K"}, "deformable_attention: offsets");
  std::int64_t values = 0;
  for (const FeatureLevel& level : p.levels) {
    if (level.height < 1 || level.width < 1) fail("levels: expected sizes of 1 or more");
    values += level.size();
  }
  if (p.levels.empty() || values != p.value.size(2)) {
    fail("levels: expected " + std::to_string(p.value.size(2)) + " places, got " +
         std::to_string(values));
  }
  if (p.points < 1) fail("points: expected 1 or more, got " + std::to_string(p.points));
  const std::int64_t batch = p.value.size(0), queries = p.offsets.size(1);
  const auto levels = static_cast<std::int64_t>(p.levels.size());
  const std::int64_t samples = p.value.size(1) * levels * p.points;
  if (p.offsets.sizes() != at::IntArrayRef({batch, queries, 2 * samples})) {
    fail("offsets: unexpected shape " + shape_text(p.offsets));
  }
  if (p.scores.sizes() != at::IntArrayRef({batch, queries, samples})) {
    fail("scores: unexpected shape " + shape_text(p.scores));
  }
  const at::Tensor& reference = p.reference;
  const bool known = reference.dim() == 4 && (reference.size(3) == 2 || reference.size(3) == 4);
  if (!known || reference.sizes().slice(0, 3) != at::IntArrayRef({batch, queries, levels})) {
    fail("reference: unexpected shape " + shape_text(reference));
  }
  check_dtype(reference, at::kFloat, "deformable_attention: reference");
}

bool records_gradients(const DeformableAttention& p) {
  return c10::GradMode::is_enabled() && (p.value.requires_grad() || p.offsets.requires_grad() ||
                                         p.scores.requires_grad() || p.reference.requires_grad());
}

bool runs_in_kernel(const DeformableAttention& p) {
  const at::ScalarType dtype = p.value.scalar_type();
  if (dtype != at::kFloat && dtype != at::kBFloat16) return false;
  for (const at::Tensor* operand : {&p.value, &p.offsets, &p.scores}) {
    if (!operand->is_cpu() || operand->scalar_type() != dtype) return false;
  }
  const auto levels = static_cast<std::int64_t>(p.levels.size());
  // The kernel counts values in 32 bits.
  if (p.value.size(2) * p.value.size(3) > std::numeric_limits<std::int32_t>::max()) return false;
  return p.reference.is_cpu() && levels <= DeformableProblem::kMaxLevels &&
         levels * p.points <= DeformableProblem::kMaxSamples && !records_gradients(p);
}

at::Tensor kernel_attention(const DeformableAttention& p) {
  const at::Tensor value = p.value.contiguous(), offsets = p.offsets.contiguous();
  const at::Tensor scores = p.scores.contiguous(), reference = p.reference.contiguous();
  const std::int64_t queries = offsets.size(1), heads = value.size(1), head_size = value.size(3);
  const at::Tensor out = at::empty({value.size(0), queries, heads * head_size}, value.options());
  DeformableProblem problem{.value = value.const_data_ptr(),
                            .offsets = offsets.const_data_ptr(),
                            .scores = scores.const_data_ptr(),
                            .reference = reference.const_data_ptr<float>(),
                            .out = out.data_ptr(),
                            .queries = queries,
                            .values = value.size(2),
                            .heads = heads,
                            .head_size = head_size,
                            .levels = static_cast<std::int64_t>(p.levels.size()),
                            .points = p.points,
                            .reference_size = reference.size(3)};
  std::int64_t start = 0;
  for (std::size_t i = 0; i < p.levels.size(); ++i) {
    problem.heights[i] = p.levels[i].height;
    problem.widths[i] = p.levels[i].width;
    problem.starts[i] = start;
    start += p.levels[i].size();
  }
  const DeformableKernel kernel =
      deformable_kernel(value.scalar_type() == at::kFloat ? DeformableElement::kFloat32
                                                          : DeformableElement::kBFloat16);
  constexpr std::int64_t kQueries = 64;  // at least, for one thread
  at::parallel_for(0, value.size(0) * queries, kQueries,
                   [&](std::int64_t begin, std::int64_t end) { kernel(problem, begin, end); });
  return out;
}

// float32 [B, Q, heads, L, P, 2], x and y in [0, 1].
at::Tensor sampling_places(const DeformableAttention& p) {
  const auto levels = static_cast<std::int64_t>(p.levels.size());
  const at::Tensor offsets =
      p.offsets.to(at::kFloat)
          .reshape({p.offsets.size(0), p.offsets.size(1), p.value.size(1), levels, p.points, 2});
  const at::Tensor reference = p.reference.unsqueeze(2).unsqueeze(4);  // [B, Q, 1, L, 1, 2 or 4]
  const at::Tensor centres = reference.narrow(-1, 0, 2);
  if (p.reference.size(3) == 4) {
    return centres + offsets / p.points * reference.narrow(-1, 2, 2) * 0.5;
  }
  const at::Tensor sizes = at::empty({levels, 1, 2}, at::kFloat);
  for (std::int64_t i = 0; i < levels; ++i) {
    const FeatureLevel& level = p.levels[static_cast<std::size_t>(i)];
    sizes[i][0][0] = level.width;
    sizes[i][0][1] = level.height;
  }
  return centres + offsets / sizes.to(offsets.device());
}

}  // namespace

at::Tensor deformable_attention(const DeformableAttention& problem) {
  check(problem);
  return runs_in_kernel(problem) ? kernel_attention(problem)
                                 : portable_deformable_attention(problem);
}

at::Tensor portable_deformable_attention(const DeformableAttention& p) {
  check(p);
  const std::int64_t batch = p.value.size(0), queries = p.offsets.size(1);
  const std::int64_t heads = p.value.size(1), head_size = p.value.size(3);
  const at::Tensor grids = sampling_places(p) * 2 - 1;  // [B, Q, heads, L, P, 2]
  const at::Tensor weights = p.scores.to(at::kFloat)
                                 .reshape({batch, queries, heads, -1})
                                 .softmax(-1)
                                 .transpose(1, 2)
                                 .reshape({batch * heads, 1, queries, -1});
  std::vector<at::Tensor> sampled;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < p.levels.size(); ++i) {
    const FeatureLevel& level = p.levels[i];
    const at::Tensor map = p.value.narrow(2, start, level.size())
                               .to(at::kFloat)
                               .transpose(2, 3)
                               .reshape({batch * heads, head_size, level.height, level.width});
    const at::Tensor grid = grids.select(3, static_cast<std::int64_t>(i))
                                .transpose(1, 2)
                                .flatten(0, 1);  // [B * heads, Q, P, 2]
    sampled.push_back(at::grid_sampler_2d(map, grid, /*interpolation_mode=*/0, /*padding_mode=*/0,
                                          /*align_corners=*/false));  // [B * heads, d, Q, P]
    start += level.size();
  }
  return (at::cat(sampled, -1) * weights)
      .sum(-1)
      .view({batch, heads * head_size, queries})
      .transpose(1, 2)
      .contiguous()
      .to(p.value.scalar_type());
}

}  // namespace situ
