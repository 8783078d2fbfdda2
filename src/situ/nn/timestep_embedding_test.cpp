// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/timestep_embedding.h"

#include <gtest/gtest.h>

#include <cmath>

namespace situ {
namespace {

TEST(TimestepEmbedding, IsCosinesThenSinesOfFallingFrequencies) {
  const at::Tensor e = timestep_embedding(at::tensor({3}), 4, {});
  EXPECT_NEAR(e[0][0].item<float>(), std::cos(3.0), 1e-6);
  EXPECT_NEAR(e[0][1].item<float>(), std::cos(0.03), 1e-6);
  EXPECT_NEAR(e[0][2].item<float>(), std::sin(3.0), 1e-6);
  EXPECT_NEAR(e[0][3].item<float>(), std::sin(0.03), 1e-6);
}

TEST(TimestepEmbedding, CanPutSinesFirstAndShiftTheFrequencies) {
  const at::Tensor e =
      timestep_embedding(at::tensor({2}), 4, {.cosine_first = false, .freq_shift = 1});
  EXPECT_NEAR(e[0][0].item<float>(), std::sin(2.0), 1e-6);
  EXPECT_NEAR(e[0][1].item<float>(), std::sin(2e-4), 1e-9);
  EXPECT_NEAR(e[0][2].item<float>(), std::cos(2.0), 1e-6);
}

TEST(TimestepEmbedding, PadsAnOddWidthWithZero) {
  const at::Tensor e = timestep_embedding(at::tensor({1, 2}), 5, {});
  EXPECT_EQ(e.sizes(), at::IntArrayRef({2, 5}));
  EXPECT_EQ(e[1][4].item<float>(), 0);
}

}  // namespace
}  // namespace situ
