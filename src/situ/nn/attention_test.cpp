// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/attention.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "situ/nn/attention_kernel.h"

namespace situ {
namespace {

TEST(MultiHeadAttention, WeighsValuesBySoftmaxOfScaledScores) {
  // One head of width 1: scores are q * k = {0, ln 3}, so the weights are 1/4 and 3/4.
  const at::Tensor q = at::ones({1, 1, 1});
  const at::Tensor k = at::tensor({0.0, std::log(3.0)}, at::kFloat).view({1, 2, 1});
  const at::Tensor v = at::tensor({0.0, 8.0}, at::kFloat).view({1, 2, 1});
  EXPECT_NEAR(multi_head_attention(q, k, v, 1).item<float>(), 6.0, 1e-5);
}

TEST(MultiHeadAttention, KeepsHeadsApart) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({2, 5, 6});
  const at::Tensor both = multi_head_attention(x, x, x, 2);
  const at::Tensor first = x.slice(2, 0, 3);
  EXPECT_TRUE(
      at::allclose(both.slice(2, 0, 3), multi_head_attention(first, first, first, 1), 1e-5, 1e-6));
}

TEST(MultiHeadAttention, CausalMaskHidesWhatComesLater) {
  at::manual_seed(2);
  const at::Tensor x = at::randn({1, 4, 8});
  at::Tensor changed = x.clone();
  changed.select(1, 3).add_(5);
  const at::Tensor a = multi_head_attention(x, x, x, 2, AttentionMask::kCausal);
  const at::Tensor b = multi_head_attention(changed, changed, changed, 2, AttentionMask::kCausal);
  EXPECT_TRUE(at::allclose(a.slice(1, 0, 3), b.slice(1, 0, 3), 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(a.select(1, 3), b.select(1, 3)));
}

// softmax(q kᵀ / √d) v in float64, head by head.
at::Tensor reference(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads) {
  std::vector<at::Tensor> parts;
  const int64_t d = q.size(2) / heads;
  for (int64_t h = 0; h < heads; ++h) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(2, h * d, d).to(at::kDouble); };
    const at::Tensor scores = part(q).matmul(part(k).transpose(1, 2)) / std::sqrt(double(d));
    parts.push_back(scores.softmax(-1).matmul(part(v)));
  }
  return at::cat(parts, 2);
}

struct Shape {
  int64_t batch, queries, keys, heads, head_size;
};

class AttentionShapes : public testing::TestWithParam<Shape> {};

// Tolerances: float32's own rounding over some hundred terms; bfloat16 keeps 8 bits of each weight
// and of the result, which is at most about 1 here.
TEST_P(AttentionShapes, AgreesWithFloat64InFloat32AndBFloat16) {
  const c10::InferenceMode inference;
  const auto [batch, queries, keys, heads, head_size] = GetParam();
  at::manual_seed(7);
  const at::Tensor q = at::randn({batch, queries, heads * head_size});
  const at::Tensor k = at::randn({batch, keys, heads * head_size});
  const at::Tensor v = at::randn({batch, keys, heads * head_size}).clamp(-1, 1);
  for (const auto& [dtype, tolerance] : {std::pair{at::kFloat, 1e-5}, {at::kBFloat16, 2e-2}}) {
    const at::Tensor a = q.to(dtype), b = k.to(dtype), c = v.to(dtype);
    const at::Tensor got = multi_head_attention(a, b, c, heads);
    ASSERT_EQ(got.scalar_type(), dtype);
    const at::Tensor expected = reference(a, b, c, heads);
    EXPECT_LE((got.to(at::kDouble) - expected).abs().max().item<double>(), tolerance) << dtype;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, AttentionShapes,
                         testing::Values(Shape{1, 1, 1, 1, 1}, Shape{2, 5, 77, 2, 8},
                                         Shape{1, 49, 33, 3, 40}, Shape{2, 48, 256, 1, 64},
                                         Shape{1, 100, 515, 2, 80}, Shape{1, 7, 257, 1, 160},
                                         Shape{1, 3, 31, 5, 13}, Shape{1, 50, 300, 1, 256},
                                         Shape{1, 4, 9, 1, 300}, Shape{2, 1100, 70, 2, 300}));

// Not the fastest alone: each kernel that this processor runs.
TEST_P(AttentionShapes, AgreeBetweenTheProcessorsKernels) {
  const auto [batch, queries, keys, heads, head_size] = GetParam();
  if (head_size > AttentionKernel::kMaxHeadSize) GTEST_SKIP() << "wider than kernels take";
  at::manual_seed(11);
  const at::Tensor q = at::randn({batch, queries, heads * head_size}).to(at::kBFloat16);
  const at::Tensor k = at::randn({batch, keys, heads * head_size}).to(at::kBFloat16);
  const at::Tensor v = at::randn({batch, keys, heads * head_size}).clamp(-1, 1).to(at::kBFloat16);
  const auto operand = [](const at::Tensor& x) {
    return AttentionOperand{
        .data = x.data_ptr(), .batch_stride = x.stride(0), .row_stride = x.stride(1)};
  };
  const at::Tensor expected = reference(q, k, v, heads);
  for (const AttentionKernel* kernel : attention_kernels(AttentionElement::kBFloat16)) {
    const at::Tensor out = at::full_like(q, std::nan(""));
    run_attention(*kernel, {.q = operand(q),
                            .k = operand(k),
                            .v = operand(v),
                            .out = out.data_ptr(),
                            .batch = batch,
                            .queries = queries,
                            .keys = keys,
                            .heads = heads,
                            .head_size = head_size,
                            .scale = 1 / std::sqrt(static_cast<float>(head_size))});
    EXPECT_LE((out.to(at::kDouble) - expected).abs().max().item<double>(), 2e-2);
  }
}

TEST(MultiHeadAttention, TakesViewsAndLargeScores) {
  const c10::InferenceMode inference;
  at::manual_seed(8);
  const at::Tensor joined = at::randn({2, 60, 3 * 32}) * 10;  // scores of hundreds
  const at::Tensor q = joined.narrow(2, 0, 32), k = joined.narrow(2, 32, 32);
  const at::Tensor v = joined.narrow(2, 64, 32);
  const at::Tensor got = multi_head_attention(q, k, v, 2);
  EXPECT_LE((got.to(at::kDouble) - reference(q, k, v, 2)).abs().max().item<double>(), 1e-2);
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const at::Tensor huge = (joined * 1000).to(dtype);  // scores of about 10^9
    const at::Tensor x = huge.narrow(2, 0, 32);
    EXPECT_TRUE(at::isfinite(multi_head_attention(x, x, x, 2)).all().item<bool>());
  }
}

TEST(MultiHeadAttention, DoesNotDependOnTheNumberOfThreads) {
  const c10::InferenceMode inference;
  at::manual_seed(9);
  const at::Tensor x = at::randn({2, 200, 64});
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = multi_head_attention(x, x, x, 2);
  at::set_num_threads(3);
  EXPECT_TRUE(at::equal(one, multi_head_attention(x, x, x, 2)));
  at::set_num_threads(before);
}

TEST(MultiHeadAttention, HasGradientsWhereTheyAreAskedFor) {
  at::manual_seed(10);
  const at::Tensor x = at::randn({1, 6, 8}).requires_grad_();
  multi_head_attention(x, x, x, 2).sum().backward();
  EXPECT_GT(x.grad().abs().sum().item<double>(), 0);
}

// softmax(q kᵀ / √d + bias) v in float64. bias: [B, heads, T, S].
at::Tensor biased_reference(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t heads, const at::Tensor& bias) {
  const auto split = [&](const at::Tensor& x) {
    return x.to(at::kDouble).view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
  };
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(2) / heads));
  const at::Tensor scores = split(q).matmul(split(k).transpose(2, 3)) * scale;
  return (scores + bias.to(at::kDouble))
      .softmax(-1)
      .matmul(split(v))
      .transpose(1, 2)
      .reshape(q.sizes());
}

class BiasedAttention : public testing::TestWithParam<at::ScalarType> {
 protected:
  // As for plain attention; float64 takes the portable path.
  double tolerance() const {
    return GetParam() == at::kBFloat16 ? 2e-2 : GetParam() == at::kFloat ? 1e-5 : 1e-12;
  }
  at::Tensor drawn(at::IntArrayRef shape) const {
    return at::randn(shape).clamp(-1.5, 1.5).to(GetParam());
  }
  void expect_near(const at::Tensor& got, const at::Tensor& expected) const {
    ASSERT_EQ(got.scalar_type(), GetParam());
    EXPECT_LE((got.to(at::kDouble) - expected).abs().max().item<double>(), tolerance());
  }
};

TEST_P(BiasedAttention, AddsTheBiasOfThePicturesWindow) {
  const c10::InferenceMode inference;
  at::manual_seed(3);
  for (const auto& [queries, keys] : {std::pair<int64_t, int64_t>{49, 49}, {50, 300}, {1, 1}}) {
    const at::Tensor q = drawn({4, queries, 3 * 24}), k = drawn({4, keys, 3 * 24}),
                     v = drawn({4, keys, 3 * 24});
    const at::Tensor bias = 3 * at::randn({2, 3, queries, keys});
    expect_near(
        biased_attention(q, k, v, 3, bias),
        biased_reference(
            q, k, v, 3,
            bias.to(GetParam() == at::kDouble ? at::kDouble : at::kFloat).repeat({2, 1, 1, 1})));
  }
}

INSTANTIATE_TEST_SUITE_P(Dtypes, BiasedAttention,
                         testing::Values(at::kFloat, at::kBFloat16, at::kDouble));

TEST(BiasedAttentionOperands, OfOtherShapesAreRefused) {
  const at::Tensor x = at::zeros({4, 6, 8});
  EXPECT_THROW(biased_attention(x, x, x, 2, at::zeros({3, 2, 6, 6})), std::invalid_argument);
  EXPECT_THROW(biased_attention(x, x, x, 2, at::zeros({1, 2, 6, 5})), std::invalid_argument);
}

}  // namespace
}  // namespace situ
