// SPDX-License-Identifier: Apache-2.0
#include "situ/models/mobile_sam/tiny_vit.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "situ/nn/state_dict.h"

namespace situ {
namespace {

TEST(NormedConvolution, IsTheConvolutionNormalisedByTheStatisticsItKept) {
  const at::NoGradGuard no_gradients;
  NormedConvolution layer(ConvolutionShape{.in = 1, .out = 2});
  StateDict state = state_dict(*layer);
  state["c.weight"].copy_(at::tensor({3.0F, 5.0F}).view({2, 1, 1, 1}));
  state["bn.weight"].copy_(at::tensor({1.0F, 10.0F}));
  state["bn.bias"].copy_(at::tensor({0.5F, 0.0F}));
  state["bn.running_mean"].copy_(at::tensor({1.0F, -5.0F}));
  state["bn.running_var"].copy_(at::tensor({4.0F, 0.25F}));
  // (3 * 2 - 1) / 2 + 0.5 and 10 * (5 * 2 + 5) / 0.5
  const at::Tensor got = layer(at::full({1, 1, 1, 1}, 2.0F)).flatten();
  EXPECT_NEAR(got[0].item<float>(), 3, 1e-4);
  EXPECT_NEAR(got[1].item<float>(), 300, 1e-2);
}

TEST(TinyVitAttention, LooksAtThePaddingOfItsWindows) {
  // One token in a window of four: values are 1, of padding 0 since the norm's bias is 0 there.
  const at::NoGradGuard no_gradients;
  TinyVitAttention layer(2, 1, 2);
  StateDict state = state_dict(*layer);
  for (auto& [key, tensor] : state) tensor.zero_();
  state["norm.weight"].fill_(1);
  state["qkv.weight"].narrow(0, 4, 2).copy_(at::eye(2));
  state["proj.weight"].copy_(at::eye(2));
  const at::Tensor token = at::tensor({3.0F, 1.0F}).view({1, 1, 1, 2});  // normalised: 1, -1
  const at::Tensor equal = layer(token).flatten();
  EXPECT_NEAR(equal[0].item<float>(), 0.25, 1e-4);
  // Distance 0 weighs ln 3 more: 3 of 6.
  state["attention_biases"][0][0] = std::log(3.0);
  EXPECT_NEAR(layer(token).flatten()[1].item<float>(), -0.5, 1e-4);
}

TEST(TinyVit, RefusesPicturesOfAnotherSize) {
  TinyVit network(TinyVitConfig{.image_size = 64,
                                .channels = {4, 4, 4, 4},
                                .depths = {1, 1, 1, 1},
                                .heads = {1, 1, 2, 2},
                                .windows = {2, 3, 2, 2},
                                .widening = 2,
                                .output_channels = 8});
  EXPECT_THROW(network(at::zeros({1, 3, 64, 32})), std::invalid_argument);
  EXPECT_EQ(network(at::zeros({2, 3, 64, 64})).sizes(), (at::IntArrayRef{2, 8, 4, 4}));
}

}  // namespace
}  // namespace situ
