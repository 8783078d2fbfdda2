// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "situ/nn/attention_kernel.h"

namespace situ {
namespace {

// libtorch aligns what it allocates to 64 bytes, which the kernel relies on.
at::Tensor words(std::int64_t count) { return at::empty({count}, at::kInt); }

std::uint32_t* begin_of(const at::Tensor& memory) {
  return reinterpret_cast<std::uint32_t*>(memory.data_ptr<int>());
}

}  // namespace

void run_attention(const AttentionKernel& kernel, const AttentionProblem& problem) {
  constexpr std::int64_t kLine = 16;  // words of a cache line
  const auto aligned = [](std::int64_t n) { return (n + kLine - 1) / kLine * kLine; };
  const std::int64_t keys_words = aligned(kernel.packed_keys_words(problem));
  const std::int64_t values_words = aligned(kernel.packed_values_words(problem));
  const std::int64_t heads = problem.heads;
  const std::int64_t pairs = problem.batch * heads;  // of picture and head
  const at::Tensor keys = words(pairs * keys_words);
  const at::Tensor values = words(pairs * values_words);
  at::parallel_for(0, pairs, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      kernel.pack(problem, i / heads, i % heads, begin_of(keys) + i * keys_words,
                  begin_of(values) + i * values_words);
    }
  });
  constexpr std::int64_t kBlock = AttentionKernel::kQueryBlock;
  const std::int64_t blocks = (problem.queries + kBlock - 1) / kBlock;
  at::parallel_for(0, pairs * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::Tensor scratch = words(kernel.scratch_words(problem));
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t i = task / blocks;
      kernel.attend(problem, i / heads, i % heads, task % blocks * kBlock,
                    begin_of(keys) + i * keys_words, begin_of(values) + i * values_words,
                    begin_of(scratch));
    }
  });
}

}  // namespace situ
