// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/attention.h"

#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace situ
