// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/relative_window_attention.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace situ {
namespace {

struct Problem {
  int64_t pictures, height, width, side, heads, head_size;
};

// Token by token in float64; a token is padding where it lies outside the grid.
at::Tensor reference(const Problem& p, const at::Tensor& qkv, const at::Tensor& padding,
                     const at::Tensor& rows, const at::Tensor& columns) {
  const int64_t d = p.head_size, all = p.heads * d;
  at::Tensor out = at::zeros({p.pictures, p.height, p.width, all}, at::kDouble);
  const auto token = [&](int64_t b, int64_t y, int64_t x) {
    return (y < p.height && x < p.width ? qkv[b][y][x] : padding).to(at::kDouble);
  };
  for (int64_t b = 0; b < p.pictures; ++b) {
    for (int64_t y = 0; y < p.height; ++y) {
      for (int64_t x = 0; x < p.width; ++x) {
        const int64_t top = y / p.side * p.side, left = x / p.side * p.side;
        std::vector<at::Tensor> tokens, of_rows, of_columns;
        for (int64_t i = 0; i < p.side * p.side; ++i) {
          const int64_t ky = top + i / p.side, kx = left + i % p.side;
          tokens.push_back(token(b, ky, kx));
          of_rows.push_back(rows[y - ky + p.side - 1]);
          of_columns.push_back(columns[x - kx + p.side - 1]);
        }
        const at::Tensor keys = at::stack(tokens);
        const at::Tensor distances =
            (at::stack(of_rows).to(at::kDouble) + at::stack(of_columns).to(at::kDouble));
        for (int64_t h = 0; h < p.heads; ++h) {
          const at::Tensor q = token(b, y, x).narrow(0, h * d, d);
          const at::Tensor scores = keys.narrow(1, all + h * d, d).matmul(q) / std::sqrt(double(d));
          const at::Tensor weights = (scores + distances.matmul(q)).softmax(0);
          out[b][y][x].narrow(0, h * d, d) = weights.matmul(keys.narrow(1, 2 * all + h * d, d));
        }
      }
    }
  }
  return out;
}

class RelativeWindowAttention : public testing::TestWithParam<Problem> {};

// Tolerances: float32's own rounding over some hundred terms; bfloat16 keeps 8 bits of each weight
// and of the result, which is at most about 1.5 here. float64 takes the portable path.
TEST_P(RelativeWindowAttention, AgreesWithFloat64ByKernelAndPortably) {
  const c10::InferenceMode inference;
  const Problem p = GetParam();
  at::manual_seed(4);
  const auto drawn = [](at::IntArrayRef shape) { return at::randn(shape).clamp(-1.5, 1.5); };
  const int64_t all = 3 * p.heads * p.head_size;
  const at::Tensor qkv = drawn({p.pictures, p.height, p.width, all}), padding = drawn({all});
  const at::Tensor rows = drawn({2 * p.side - 1, p.head_size}) * 0.5;
  const at::Tensor columns = drawn({2 * p.side - 1, p.head_size}) * 0.5;
  for (const auto& [dtype, tolerance] :
       {std::pair{at::kFloat, 1e-5}, {at::kBFloat16, 2e-2}, {at::kDouble, 1e-12}}) {
    const auto in = [&, to = dtype](const at::Tensor& x) { return x.to(to); };
    const at::Tensor got =
        relative_window_attention(in(qkv), in(padding), p.heads, in(rows), in(columns));
    ASSERT_EQ(got.scalar_type(), dtype);
    const at::Tensor expected = reference(p, in(qkv), in(padding), in(rows), in(columns));
    ASSERT_EQ(got.sizes(), expected.sizes());
    EXPECT_LE((got.to(at::kDouble) - expected).abs().max().item<double>(), tolerance) << dtype;
  }
}

INSTANTIATE_TEST_SUITE_P(Grids, RelativeWindowAttention,
                         testing::Values(Problem{1, 14, 14, 14, 2, 64},  // one window is all
                                         Problem{2, 8, 11, 3, 3, 16},    // windows reach over
                                         Problem{1, 6, 4, 2, 1, 13},     // an odd head
                                         Problem{1, 17, 17, 17, 1, 80},  // several blocks of keys
                                         Problem{1, 3, 2, 5, 1, 8},      // more padding than not
                                         Problem{1, 2, 2, 1, 1, 4}));    // alone

TEST(RelativeWindowAttention, HasGradientsWhereTheyAreAskedFor) {
  at::manual_seed(5);
  const at::Tensor qkv = at::randn({1, 4, 4, 12}).requires_grad_();
  const at::Tensor table = at::randn({3, 4}).requires_grad_();
  relative_window_attention(qkv, at::zeros({12}), 1, table, table).sum().backward();
  EXPECT_GT(qkv.grad().abs().sum().item<double>(), 0);
  EXPECT_GT(table.grad().abs().sum().item<double>(), 0);
}

TEST(RelativeWindowAttention, RefusesOtherShapes) {
  const at::Tensor qkv = at::zeros({1, 4, 4, 24}), padding = at::zeros({24});
  const at::Tensor table = at::zeros({3, 4});
  const auto refused = [](const at::Tensor& x, const at::Tensor& p, int64_t heads,
                          const at::Tensor& rows, const at::Tensor& columns) {
    EXPECT_THROW(relative_window_attention(x, p, heads, rows, columns), std::invalid_argument);
  };
  refused(qkv[0], padding, 2, table, table);
  refused(qkv, at::zeros({8}), 2, table, table);
  refused(qkv, padding, 3, table, table);
  refused(qkv, padding, 0, table, table);
  refused(qkv, padding, 2, at::zeros({4, 4}), at::zeros({4, 4}));
  refused(qkv, padding, 2, table, at::zeros({5, 4}));
  refused(qkv, padding, 2, at::zeros({3, 8}), table);
}

}  // namespace
}  // namespace situ
