// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/box_decoder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace situ {
namespace {

float logit_of(float x, ReferenceLogit kind) {
  return reference_logit(at::full({1}, x), kind).item<float>();
}

TEST(ReferenceLogit, IsTheLogitInTheMiddle) {
  for (const auto kind : {ReferenceLogit::kTransformers, ReferenceLogit::kOriginal}) {
    EXPECT_FLOAT_EQ(logit_of(0.75F, kind), std::log(3.0F));
  }
}

TEST(ReferenceLogit, StaysFiniteAtTheBorders) {
  // The one moves x into (1e-5, 1 - 1e-5), the other keeps x and 1 - x above 1e-3 each.
  EXPECT_NEAR(logit_of(0, ReferenceLogit::kTransformers), std::log(1e-5 / (1 - 1e-5)), 1e-4);
  EXPECT_NEAR(logit_of(1, ReferenceLogit::kTransformers), -std::log(1e-5 / (1 - 1e-5)), 1e-2);
  EXPECT_NEAR(logit_of(0, ReferenceLogit::kOriginal), std::log(1e-3), 1e-5);
  EXPECT_NEAR(logit_of(1, ReferenceLogit::kOriginal), -std::log(1e-3), 1e-5);
}

}  // namespace
}  // namespace situ
