// SPDX-License-Identifier: Apache-2.0
#include "situ/training/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <limits>

#include "situ/core/errors.h"

namespace situ {
namespace {

TEST(LearningRate, RisesLinearlyThenFallsAlongACosine) {
  const TrainingOptions options{
      .steps = 110, .learning_rate = 2, .warmup_steps = 10, .final_learning_rate = 0.1};
  EXPECT_DOUBLE_EQ(learning_rate_at(0, options), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate_at(9, options), 2);
  EXPECT_DOUBLE_EQ(learning_rate_at(10, options), 2);
  EXPECT_NEAR(learning_rate_at(60, options), 2 * (0.1 + 0.9 * 0.5), 1e-12);
  EXPECT_NEAR(learning_rate_at(110, options), 0.2, 1e-12);
}

// One weight of 1 with gradient 0.5: the first step of Adam moves by the rate, whatever the
// gradient's size; decoupled decay takes rate * decay * weight besides.
TEST(Optimizer, MakesTheFirstStepOfAdamWByHand) {
  torch::nn::Linear layer(torch::nn::LinearOptions(1, 1).bias(false));
  layer->weight.data().fill_(1);
  Optimizer optimizer(*layer, {.weight_decay = 0.1});
  layer->weight.mutable_grad() = at::full({1, 1}, 0.5);
  EXPECT_NEAR(optimizer.step(0.01), 0.5, 1e-6);
  EXPECT_NEAR(layer->weight.item<float>(), 1 - 0.01 * 0.1 - 0.01, 1e-6);
}

TEST(Optimizer, SkipsAStepWhoseGradientIsNotFinite) {
  torch::nn::Linear layer(torch::nn::LinearOptions(1, 1).bias(false));
  layer->weight.data().fill_(1);
  Optimizer optimizer(*layer, {});
  layer->weight.mutable_grad() = at::full({1, 1}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(std::isfinite(optimizer.step(0.01)));
  EXPECT_EQ(layer->weight.item<float>(), 1);
}

TEST(Optimizer, AveragesTheWeightsAndSwapsThemInAndOut) {
  torch::nn::Linear layer(torch::nn::LinearOptions(1, 1).bias(false));
  layer->weight.data().fill_(1);
  Optimizer optimizer(*layer, {.weight_decay = 0, .average_decay = 0.999});
  layer->weight.mutable_grad() = at::ones({1, 1});
  optimizer.step(0.1);  // the weight is 0.9; a young average takes it in by 9/11
  optimizer.swap_average();
  EXPECT_NEAR(layer->weight.item<float>(), 1 - 0.1 * 9 / 11, 1e-5);
  optimizer.swap_average();
  EXPECT_NEAR(layer->weight.item<float>(), 0.9, 1e-5);
}

TEST(Optimizer, RefusesAStateThatDoesNotFit) {
  torch::nn::Linear small(1, 1);
  torch::nn::Linear large(2, 1);
  const StateDict state = Optimizer(*small, {}).state();
  Optimizer other(*large, {});
  EXPECT_THROW(other.load(state, 0, "snapshot"), DataError);
  EXPECT_THROW(other.load({}, 0, "snapshot"), DataError);
}

}  // namespace
}  // namespace situ
