// SPDX-License-Identifier: Apache-2.0
// Compiled for AVX-512 and AMX; nothing here may run before attention_kernels() has asked the
// processor. No standard containers or algorithms: what they instantiate would be compiled for
// AVX-512 too, and the linker might take it for the whole program.
#include <immintrin.h>

#include "situ/nn/attention_kernel.h"

namespace situ {
namespace {

constexpr int64_t kLanes = 16;
constexpr int kColumns = 4;          // vectors of keys that one micro-kernel keeps in registers
constexpr int64_t kKeyBlock = 256;   // keys between two updates of the running maximum
constexpr int64_t kKeyPadding = 32;  // keys are padded to whole pairs of vectors
constexpr float kLog2E = 1.44269504F;
constexpr float kMinusInfinity = -__builtin_inff();

int64_t padded(int64_t count, int64_t to) { return (count + to - 1) / to * to; }
int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// a's rows are a_stride words apart, b's b_stride; sums' rows sum_stride floats. Rows of a are
// Kind::kRows; `words` is a multiple of Kind::kWordStep.
struct Product {
  const std::uint32_t* a;
  int64_t a_stride;
  const std::uint32_t* b;
  int64_t b_stride;
  int64_t words;
  float* sums;
  int64_t sum_stride;
};

// sums[r][c] += (or =, unless `add`) over the words w: a[r][w] and b[w][c], for `columns` vectors.
template <class Kind, int columns>
void multiply_vectors(const Product& p, bool add) {
  constexpr int kRows = Kind::kRows;
  __m512 total[kRows][columns];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < columns; ++c) {
      total[r][c] =
          add ? _mm512_load_ps(p.sums + r * p.sum_stride + c * kLanes) : _mm512_setzero_ps();
    }
  }
  for (int64_t w = 0; w < p.words; ++w) {
    __m512i right[columns];
#pragma GCC unroll 4
    for (int c = 0; c < columns; ++c) {
      right[c] = _mm512_load_si512(p.b + w * p.b_stride + c * kLanes);
    }
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m512i left = _mm512_set1_epi32(static_cast<int>(p.a[r * p.a_stride + w]));
#pragma GCC unroll 4
      for (int c = 0; c < columns; ++c) total[r][c] = Kind::dot(total[r][c], left, right[c]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < columns; ++c) {
      _mm512_store_ps(p.sums + r * p.sum_stride + c * kLanes, total[r][c]);
    }
  }
}

// Kinds of numbers and of the unit that multiplies them. A 32-bit word holds one float, or two
// bfloat16 that are neighbours along the summed axis.
struct Float32 {
  using Element = float;
  static constexpr int64_t kPerWord = 1;
  static constexpr int kRows = 6;  // queries that one micro-kernel takes
  static constexpr int64_t kWordStep = 1;
  struct Session {};
  template <int columns>
  static void multiply(const Product& p, bool add) {
    multiply_vectors<Float32, columns>(p, add);
  }
  static __m512 dot(__m512 sum, __m512i a, __m512i b) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum);
  }
  static std::uint32_t word(const float* first, const float* /*second*/) {
    std::uint32_t bits;
    __builtin_memcpy(&bits, first, sizeof bits);
    return bits;
  }
  static void store_weights(std::uint32_t* words, __m512 first, __m512 second) {
    _mm512_store_ps(words, first);
    _mm512_store_ps(words + kLanes, second);
  }
  static void store_output(float* out, __m512 values, __mmask16 mask) {
    _mm512_mask_storeu_ps(out, mask, values);
  }
};

struct BFloat16 {
  using Element = std::uint16_t;
  static constexpr int64_t kPerWord = 2;
  static constexpr int kRows = 6;
  static constexpr int64_t kWordStep = 1;
  struct Session {};
  template <int columns>
  static void multiply(const Product& p, bool add) {
    multiply_vectors<BFloat16, columns>(p, add);
  }
  static __m512 dot(__m512 sum, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
  // second: nullptr for none.
  static std::uint32_t word(const std::uint16_t* first, const std::uint16_t* second) {
    return *first | (second != nullptr ? std::uint32_t{*second} << 16 : 0U);
  }
  static void store_weights(std::uint32_t* words, __m512 first, __m512 second) {
    _mm512_store_si512(words, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first)));
  }
  static void store_output(std::uint16_t* out, __m512 values, __mmask16 mask) {
    _mm256_mask_storeu_epi16(out, mask, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values)));
  }
};

// 2^x to about 1e-7; 0 for -infinity.
__m512 exp2(__m512 x) {
  const __m512 clamped = _mm512_max_ps(x, _mm512_set1_ps(-126.0F));
  const __m512 whole = _mm512_roundscale_ps(clamped, 0);
  const __m512 f = _mm512_sub_ps(clamped, whole);  // [-1/2, 1/2]
  __m512 y = _mm512_set1_ps(1.535336188319500e-4F);
  y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(1.339887440266574e-3F));
  y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(9.618437357674640e-3F));
  y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(5.550332471162809e-2F));
  y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(2.402264791363012e-1F));
  y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(6.931472028550421e-1F));
  y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(1.0F));
  const __mmask16 tiny = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-126.0F), _CMP_LT_OQ);
  return _mm512_mask_mov_ps(_mm512_scalef_ps(y, whole), tiny, _mm512_setzero_ps());
}

#ifdef __AMX_BF16__
// bfloat16 by the processor's matrix unit (AMX): tiles of 16 rows of 16 words.
struct BFloat16Tiles : BFloat16 {
  static constexpr int kRows = 16;
  static constexpr int64_t kWordStep = 16;

  // The unit's configuration, a thread's own; others (libtorch's matrix products) set theirs.
  class Session {
   public:
    Session() {
      struct alignas(64) {
        std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
        std::uint16_t row_bytes[16] = {};
        std::uint8_t rows[16] = {};
      } config;
      for (int tile = 0; tile < 8; ++tile) {
        config.row_bytes[tile] = 64;
        config.rows[tile] = kRows;
      }
      _tile_loadconfig(&config);
    }
    ~Session() { _tile_release(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
  };

  // Tiles 0 to 3 hold the sums, 4 the queries, 5 and 6 take turns with the keys. The intrinsics
  // take nothing but literals as a tile's number.
  template <int columns>
  static void multiply(const Product& p, bool add) {
    const int64_t sum_bytes = 4 * p.sum_stride, a_bytes = 4 * p.a_stride, b_bytes = 4 * p.b_stride;
    if (add) {
      _tile_loadd(0, p.sums, sum_bytes);
      if constexpr (columns > 1) _tile_loadd(1, p.sums + kLanes, sum_bytes);
      if constexpr (columns > 2) _tile_loadd(2, p.sums + 2 * kLanes, sum_bytes);
      if constexpr (columns > 3) _tile_loadd(3, p.sums + 3 * kLanes, sum_bytes);
    } else {
      _tile_zero(0);
      if constexpr (columns > 1) _tile_zero(1);
      if constexpr (columns > 2) _tile_zero(2);
      if constexpr (columns > 3) _tile_zero(3);
    }
    for (int64_t w = 0; w < p.words; w += kWordStep) {
      const std::uint32_t* right = p.b + w * p.b_stride;
      _tile_loadd(4, p.a + w, a_bytes);
      _tile_loadd(5, right, b_bytes);
      _tile_dpbf16ps(0, 4, 5);
      if constexpr (columns > 1) {
        _tile_loadd(6, right + kLanes, b_bytes);
        _tile_dpbf16ps(1, 4, 6);
      }
      if constexpr (columns > 2) {
        _tile_loadd(5, right + 2 * kLanes, b_bytes);
        _tile_dpbf16ps(2, 4, 5);
      }
      if constexpr (columns > 3) {
        _tile_loadd(6, right + 3 * kLanes, b_bytes);
        _tile_dpbf16ps(3, 4, 6);
      }
    }
    _tile_stored(0, p.sums, sum_bytes);
    if constexpr (columns > 1) _tile_stored(1, p.sums + kLanes, sum_bytes);
    if constexpr (columns > 2) _tile_stored(2, p.sums + 2 * kLanes, sum_bytes);
    if constexpr (columns > 3) _tile_stored(3, p.sums + 3 * kLanes, sum_bytes);
  }
};
#endif

template <class Kind>
void multiply_columns(int64_t columns, Product p, bool add) {
  for (int64_t c = 0; c < columns; c += kColumns) {
    switch (least(columns - c, kColumns)) {
      case 1:
        Kind::template multiply<1>(p, add);
        break;
      case 2:
        Kind::template multiply<2>(p, add);
        break;
      case 3:
        Kind::template multiply<3>(p, add);
        break;
      default:
        Kind::template multiply<4>(p, add);
    }
    p.b += kColumns * kLanes;
    p.sums += kColumns * kLanes;
  }
}

// How the packed operands and the scratch memory of a problem are laid out.
template <class Kind>
struct Layout {
  explicit Layout(const AttentionProblem& p)
      : head_words(padded((p.head_size + Kind::kPerWord - 1) / Kind::kPerWord, Kind::kWordStep)),
        head_vectors(padded(p.head_size, kLanes) / kLanes),
        keys(padded(p.keys, kKeyPadding)),
        table(p.bias.side == 0 ? 0 : padded(2 * p.bias.side - 1, kLanes)) {}

  int64_t head_words;    // of one query or key
  int64_t head_vectors;  // of one output row
  int64_t keys;
  int64_t table;  // entries of a table of relative positions

  // Keys: blocks of kKeyBlock, in each [word][key]. Values: [pair of keys or key][dimension].
  int64_t key_words() const { return head_words * padded(keys, kKeyBlock); }
  int64_t value_words() const { return keys / Kind::kPerWord * head_vectors * kLanes; }
  int64_t table_words() const { return head_words * table; }  // [word][entry]

  static constexpr int64_t kQueries = AttentionKernel::kQueryBlock;
  static_assert(kQueries % Kind::kRows == 0);
  int64_t query_words() const { return padded(kQueries * head_words, kLanes); }
  static constexpr int64_t kScores = kQueries * kKeyBlock;
  static constexpr int64_t kWeights = kQueries * kKeyBlock / Kind::kPerWord;
  int64_t output_words() const { return kQueries * head_vectors * kLanes; }
  static constexpr int64_t kState = 2 * 64;  // maximum and sum of each query
  int64_t term_words() const { return kQueries * table; }
  int64_t scratch() const {
    return query_words() + kScores + kWeights + output_words() + kState + 2 * term_words();
  }
};

template <class Kind>
const typename Kind::Element* row_of(const AttentionOperand& operand, const AttentionProblem& p,
                                     int64_t batch, int64_t head, int64_t row) {
  using Element = typename Kind::Element;
  const auto* data = static_cast<const Element*>(operand.data);
  if (p.places == nullptr) {
    return data + batch * operand.batch_stride + row * operand.row_stride + head * p.head_size;
  }
  const std::int32_t place = p.places[batch * p.keys + row];
  const Element* begin = place < 0 ? static_cast<const Element*>(operand.padding)
                                   : data + int64_t{place} * operand.row_stride;
  return begin + head * p.head_size;
}

// One vector's elements as words, `stride` words apart.
template <class Kind>
void pack_row(const AttentionProblem& p, const typename Kind::Element* row, int64_t stride,
              std::uint32_t* to) {
  for (int64_t i = 0; i < p.head_size; i += Kind::kPerWord, to += stride) {
    *to = Kind::word(row + i, i + 1 < p.head_size ? row + i + 1 : nullptr);
  }
}

template <class Kind>
void pack(const AttentionProblem& p, int64_t batch, int64_t head, std::uint32_t* keys,
          std::uint32_t* values) {
  const Layout<Kind> layout(p);
  for (int64_t i = 0; i < layout.key_words(); ++i) keys[i] = 0;
  for (int64_t t = 0; t < p.keys; ++t) {
    pack_row<Kind>(p, row_of<Kind>(p.k, p, batch, head, t), kKeyBlock,
                   keys + t / kKeyBlock * kKeyBlock * layout.head_words + t % kKeyBlock);
  }
  const int64_t width = layout.head_vectors * kLanes;
  for (int64_t i = 0; i < layout.value_words(); ++i) values[i] = 0;
  for (int64_t t = 0; t < p.keys; t += Kind::kPerWord) {
    const auto* row = row_of<Kind>(p.v, p, batch, head, t);
    std::uint32_t* to = values + t / Kind::kPerWord * width;
    if (t + 1 < p.keys) {
      const auto* next = row_of<Kind>(p.v, p, batch, head, t + 1);
      for (int64_t i = 0; i < p.head_size; ++i) to[i] = Kind::word(row + i, next + i);
    } else {
      for (int64_t i = 0; i < p.head_size; ++i) to[i] = Kind::word(row + i, nullptr);
    }
  }
}

// Entries in reverse: a query's terms then lie in the order of the keys, from side - 1 - its place.
template <class Kind>
void pack_table(const AttentionProblem& p, const void* table, std::uint32_t* packed) {
  const Layout<Kind> layout(p);
  for (int64_t i = 0; i < layout.table_words(); ++i) packed[i] = 0;
  const int64_t entries = 2 * p.bias.side - 1;
  for (int64_t e = 0; e < entries; ++e) {
    const auto* row =
        static_cast<const typename Kind::Element*>(table) + (entries - 1 - e) * p.head_size;
    pack_row<Kind>(p, row, layout.table, packed + e);
  }
}

// to[i] += factor * from[i] + term
void add_scaled(float* to, const float* from, int64_t count, float factor, float term) {
  const __m512 scale = _mm512_set1_ps(factor), offset = _mm512_set1_ps(term);
  for (int64_t i = 0; i < count; i += kLanes) {
    const auto mask = static_cast<__mmask16>((1U << least(kLanes, count - i)) - 1U);
    const __m512 sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, from + i), scale, offset);
    _mm512_mask_storeu_ps(to + i, mask, _mm512_add_ps(_mm512_maskz_loadu_ps(mask, to + i), sum));
  }
}

// A query's products with the tables of relative positions.
struct Terms {
  const float* rows;
  const float* columns;
};

// Adds one query's bias for the keys [begin, begin + count) to its products, which are not scaled
// yet.
void add_bias(const AttentionProblem& p, int64_t batch, int64_t head, int64_t query, Terms terms,
              int64_t begin, int64_t count, float* products) {
  const AttentionBias& bias = p.bias;
  const float factor = 1 / p.scale;
  if (bias.dense != nullptr) {
    const int64_t row = ((batch % bias.dense_batch) * p.heads + head) * p.queries + query;
    add_scaled(products, bias.dense + row * p.keys + begin, count, factor, 0);
  }
  if (bias.side == 0) return;
  const int64_t side = bias.side;
  const float* of_rows = terms.rows + (side - 1 - query / side);
  const float* of_columns = terms.columns + (side - 1 - query % side);
  for (int64_t k = begin; k < begin + count;) {
    const int64_t column = k % side;
    const int64_t run = least(side - column, begin + count - k);
    add_scaled(products + (k - begin), of_columns + column, run, factor,
               factor * of_rows[k / side]);
    k += run;
  }
}

// One query's scores become weights; its state and what it has summed so far follow the maximum.
template <class Kind>
void soften(const float* scores, int64_t keys, float scale, std::uint32_t* weights, float& maximum,
            float& total, float* output, int64_t vectors) {
  __m512 largest = _mm512_set1_ps(kMinusInfinity);
  for (int64_t k = 0; k < keys; k += kLanes) {
    largest = _mm512_max_ps(largest, _mm512_load_ps(scores + k));
  }
  const float before = maximum;
  const float here = _mm512_reduce_max_ps(largest) * scale;
  maximum = before > here ? before : here;
  const __m512 shift = _mm512_set1_ps(maximum);
  const __m512 factor = _mm512_set1_ps(scale);
  __m512 sum = _mm512_setzero_ps();
  for (int64_t k = 0; k < keys; k += 2 * kLanes) {
    const __m512 first = exp2(_mm512_fmsub_ps(_mm512_load_ps(scores + k), factor, shift));
    const __m512 second = exp2(_mm512_fmsub_ps(_mm512_load_ps(scores + k + kLanes), factor, shift));
    sum = _mm512_add_ps(sum, _mm512_add_ps(first, second));
    Kind::store_weights(weights + k / Kind::kPerWord, first, second);
  }
  const __m512 fade = exp2(_mm512_set1_ps(before - maximum));
  total = total * _mm512_cvtss_f32(fade) + _mm512_reduce_add_ps(sum);
  for (int64_t c = 0; c < vectors; ++c) {
    float* at = output + c * kLanes;
    _mm512_store_ps(at, _mm512_mul_ps(_mm512_load_ps(at), fade));
  }
}

template <class Kind>
void attend(const AttentionProblem& p, int64_t batch, int64_t head, int64_t first_query,
            const std::uint32_t* keys, const std::uint32_t* values, std::uint32_t* scratch) {
  [[maybe_unused]] const typename Kind::Session session;
  const Layout<Kind> layout(p);
  const int64_t count = least(AttentionKernel::kQueryBlock, p.queries - first_query);
  constexpr int kRows = Kind::kRows;
  const int64_t rows = padded(count, kRows);
  const int64_t width = layout.head_vectors * kLanes;
  std::uint32_t* queries = scratch;
  auto* scores = reinterpret_cast<float*>(queries + layout.query_words());
  auto* weights = reinterpret_cast<std::uint32_t*>(scores + Layout<Kind>::kScores);
  auto* output = reinterpret_cast<float*>(weights + Layout<Kind>::kWeights);
  float* maximum = output + layout.output_words();
  float* total = maximum + 64;
  float* row_terms = maximum + Layout<Kind>::kState;
  float* column_terms = row_terms + layout.term_words();

  for (int64_t i = 0; i < rows * layout.head_words; ++i) queries[i] = 0;
  for (int64_t r = 0; r < rows; ++r) {
    maximum[r] = kMinusInfinity;
    total[r] = 0;
    const int64_t known = least(r, count - 1);  // rows beyond the last repeat it
    pack_row<Kind>(p, row_of<Kind>(p.q, p, batch, head, first_query + known), 1,
                   queries + r * layout.head_words);
  }
  for (int64_t r = 0; r < rows && layout.table > 0; r += kRows) {
    const std::uint32_t* some = queries + r * layout.head_words;
    const auto multiply_table = [&](const std::uint32_t* table, float* terms) {
      multiply_columns<Kind>(layout.table / kLanes,
                             {some, layout.head_words, table, layout.table, layout.head_words,
                              terms + r * layout.table, layout.table},
                             /*add=*/false);
    };
    multiply_table(p.bias.rows, row_terms);
    multiply_table(p.bias.columns, column_terms);
  }
  for (int64_t i = 0; i < rows * width; ++i) output[i] = 0;

  constexpr int64_t kWeightStride = kKeyBlock / Kind::kPerWord;
  for (int64_t begin = 0; begin < p.keys; begin += kKeyBlock) {
    const int64_t known = least(kKeyBlock, p.keys - begin);
    const int64_t block = least(kKeyBlock, layout.keys - begin);
    const std::uint32_t* key_block = keys + begin * layout.head_words;
    const std::uint32_t* value_block = values + begin / Kind::kPerWord * width;
    for (int64_t r = 0; r < rows; r += kRows) {
      multiply_columns<Kind>(block / kLanes,
                             {queries + r * layout.head_words, layout.head_words, key_block,
                              kKeyBlock, layout.head_words, scores + r * kKeyBlock, kKeyBlock},
                             /*add=*/false);
      for (int64_t i = r; i < r + kRows; ++i) {
        add_bias(p, batch, head, first_query + least(i, count - 1),
                 {row_terms + i * layout.table, column_terms + i * layout.table}, begin, known,
                 scores + i * kKeyBlock);
        for (int64_t k = known; k < block; ++k) scores[i * kKeyBlock + k] = kMinusInfinity;
        soften<Kind>(scores + i * kKeyBlock, block, p.scale * kLog2E, weights + i * kWeightStride,
                     maximum[i], total[i], output + i * width, layout.head_vectors);
      }
      multiply_columns<Kind>(layout.head_vectors,
                             {weights + r * kWeightStride, kWeightStride, value_block, width,
                              block / Kind::kPerWord, output + r * width, width},
                             /*add=*/true);
    }
  }

  auto* out = static_cast<typename Kind::Element*>(p.out);
  for (int64_t r = 0; r < count; ++r) {
    const int64_t token = batch * p.queries + first_query + r;
    const int64_t place = p.places != nullptr ? p.places[token] : token;
    if (place < 0) continue;
    auto* to = out + (place * p.heads + head) * p.head_size;
    const __m512 share = _mm512_set1_ps(1.0F / total[r]);
    for (int64_t i = 0; i < p.head_size; i += kLanes) {
      const int64_t left = least(kLanes, p.head_size - i);
      const auto mask = static_cast<__mmask16>((1U << left) - 1U);
      const __m512 sums = _mm512_load_ps(output + r * width + i);
      Kind::store_output(to + i, _mm512_mul_ps(sums, share), mask);
    }
  }
}

template <class Kind>
constexpr AttentionKernel kKernel = {
    .packed_keys_words = [](const AttentionProblem& p) { return Layout<Kind>(p).key_words(); },
    .packed_values_words = [](const AttentionProblem& p) { return Layout<Kind>(p).value_words(); },
    .pack = &pack<Kind>,
    .packed_table_words = [](const AttentionProblem& p) { return Layout<Kind>(p).table_words(); },
    .pack_table = &pack_table<Kind>,
    .scratch_words = [](const AttentionProblem& p) { return Layout<Kind>(p).scratch(); },
    .attend = &attend<Kind>,
};

}  // namespace

extern const AttentionKernel kAttentionFloat32Avx512 = kKernel<Float32>;
extern const AttentionKernel kAttentionBFloat16Avx512 = kKernel<BFloat16>;
#ifdef __AMX_BF16__
extern const AttentionKernel kAttentionBFloat16Amx = kKernel<BFloat16Tiles>;
#endif

}  // namespace situ
