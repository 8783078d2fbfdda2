// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/fusion_layer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "situ/nn/state_dict.h"

namespace situ {
namespace {

// Scores of some millions, as a checkpoint with large weights would have: the differences are cut
// at 50,000, and all stays finite.
TEST(FusionLayer, LargeScoresStayFinite) {
  const c10::InferenceMode inference;
  at::manual_seed(1);
  FusionLayer layer(FusionSizes{.width = 32, .attention = 32, .heads = 2});
  for (auto& [key, tensor] : state_dict(*layer)) {
    if (key.starts_with("attn.")) at::Tensor(tensor).mul_(5000);
  }
  const FusionFeatures fused =
      layer(FusionFeatures{.image = at::randn({1, 9, 32}), .text = at::randn({1, 3, 32})});
  EXPECT_TRUE(fused.image.isfinite().all().item<bool>());
  EXPECT_TRUE(fused.text.isfinite().all().item<bool>());
}

TEST(FusionLayer, PaddingIsNotSeen) {
  const c10::InferenceMode inference;
  at::manual_seed(2);
  FusionLayer layer(FusionSizes{.width = 32, .attention = 64, .heads = 2});
  const FusionFeatures features{.image = at::randn({1, 9, 32}), .text = at::randn({1, 3, 32})};
  const FusionFeatures alone = layer(features);
  FusionFeatures padded;
  padded.image = at::cat({features.image, at::randn({1, 4, 32})}, 1);
  padded.text = at::cat({features.text, at::randn({1, 2, 32})}, 1);
  padded.image_padding = at::arange(13).ge(9).unsqueeze(0);
  padded.text_padding = at::arange(5).ge(3).unsqueeze(0);
  const FusionFeatures fused = layer(padded);
  EXPECT_TRUE(at::allclose(fused.image.narrow(1, 0, 9), alone.image, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(fused.text.narrow(1, 0, 3), alone.text, 1e-5, 1e-5));
}

}  // namespace
}  // namespace situ
