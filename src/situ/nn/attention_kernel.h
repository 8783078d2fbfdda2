// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace situ {

/// Multi-head attention over raw memory, element [b][t][h * head_size + i] of each operand; the
/// last axis is dense. All strides count elements.
struct AttentionOperand {
  const void* data = nullptr;
  int64_t batch_stride = 0;
  int64_t row_stride = 0;
  const void* padding = nullptr;  // heads * head_size elements: what stands at place -1
};

/// What is added to the scaled products of a query with all keys; one of the forms, or none.
struct AttentionBias {
  const float* dense =
      nullptr;  // [dense_batch, heads, queries, keys]; batch b takes b % dense_batch
  int64_t dense_batch = 1;
  /// Queries and keys are the tokens of a grid of `side` x `side`: the query's products with the
  /// table's entry for its row's distance to the key's, and for the columns' likewise. Tables of
  /// 2 side - 1 entries, as pack_table leaves them.
  const std::uint32_t* rows = nullptr;
  const std::uint32_t* columns = nullptr;
  int64_t side = 0;
};

struct AttentionProblem {
  AttentionOperand q, k, v;
  void* out = nullptr;  // dense [batch, queries, heads * head_size]
  int64_t batch = 0, queries = 0, keys = 0, heads = 0, head_size = 0;
  float scale = 1;  // of the products of queries and keys
  AttentionBias bias = {};
  /// Where the queries are the keys, and lie scattered: [batch, keys], the row of each token in all
  /// operands and in `out`, or -1 for the padding, which is attended to but gets no output.
  const std::int32_t* places = nullptr;
};

/// An attention kernel for one instruction set: softmax block by block (Dao et al. 2022), all sums
/// in float32, so that neither float16's range nor the size of the scores matters.
///
/// Keys and values are first packed, one (batch, head) at a time, into memory that the caller owns;
/// then blocks of queries are attended in any order and by any threads. Results do not depend on
/// either.
struct AttentionKernel {
  static constexpr int64_t kQueryBlock = 48;  // queries of one call of `attend`
  static constexpr int64_t kMaxHeadSize = 256;

  /// 32-bit words that the packed keys, and the packed values, of one (batch, head) take.
  int64_t (*packed_keys_words)(const AttentionProblem&);
  int64_t (*packed_values_words)(const AttentionProblem&);
  void (*pack)(const AttentionProblem&, int64_t batch, int64_t head, std::uint32_t* keys,
               std::uint32_t* values);
  /// The same for a table of relative positions, dense [2 bias.side - 1, head_size].
  int64_t (*packed_table_words)(const AttentionProblem&);
  void (*pack_table)(const AttentionProblem&, const void* table, std::uint32_t* packed);
  /// 32-bit words of scratch memory, 64-byte aligned, that one call of `attend` needs.
  int64_t (*scratch_words)(const AttentionProblem&);
  void (*attend)(const AttentionProblem&, int64_t batch, int64_t head, int64_t first_query,
                 const std::uint32_t* keys, const std::uint32_t* values, std::uint32_t* scratch);
};

enum class AttentionElement { kFloat32, kBFloat16 };

/// The kernels that run on this processor, the fastest first: for AVX-512, and for bfloat16 with
/// AVX512_BF16 or AMX. They differ in the order of their sums.
const std::vector<const AttentionKernel*>& attention_kernels(AttentionElement element);

/// The first of them, or nullptr where there is none.
const AttentionKernel* attention_kernel(AttentionElement element);

/// Packs and attends with all threads.
void run_attention(const AttentionKernel& kernel, const AttentionProblem& problem);

}  // namespace situ
