// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/layers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

namespace situ {
namespace {

// Made from the same generator, both have the same keys, starting values and results.
template <class Ours, class Theirs>
void expect_same(Ours make_ours, Theirs make_theirs, const at::Tensor& input) {
  at::manual_seed(1);
  auto ours = make_ours();
  at::manual_seed(1);
  auto theirs = make_theirs();
  const auto expected = theirs->named_parameters();
  ASSERT_EQ(ours->named_parameters().keys(), expected.keys());
  for (const auto& item : ours->named_parameters()) {
    EXPECT_TRUE(at::equal(item.value(), expected[item.key()])) << item.key();
  }
  EXPECT_TRUE(at::equal(ours->forward(input), theirs->forward(input)));
}

TEST(Layers, AreThoseOfTorchToTheBit) {
  using torch::nn::Conv2dOptions;
  using torch::nn::LinearOptions;
  const at::Tensor tokens = at::arange(12, at::kFloat).view({3, 4});
  expect_same([] { return Linear(4, 5); }, [] { return torch::nn::Linear(4, 5); }, tokens);
  const auto no_bias = LinearOptions(4, 5).bias(false);
  expect_same([&] { return Linear(no_bias); }, [&] { return torch::nn::Linear(no_bias); }, tokens);
  const auto conv = Conv2dOptions(2, 3, 3).padding(1).stride(2);
  expect_same([&] { return Conv2d(conv); }, [&] { return torch::nn::Conv2d(conv); },
              at::arange(50, at::kFloat).view({1, 2, 5, 5}));
  expect_same([] { return Embedding(7, 3); }, [] { return torch::nn::Embedding(7, 3); },
              at::arange(6, at::kLong).view({2, 3}));
}

TEST(Linear, GivesTheSameForManyRowsWithoutGradients) {
  at::manual_seed(4);
  Linear layer(24, 40);
  for (const at::Tensor& input :
       {at::randn({2, 100, 24}), at::randn({24, 300}).t(), at::randn({1, 5, 20, 24})}) {
    const at::Tensor expected = at::linear(input, layer->weight, layer->bias);
    const c10::InferenceMode inference;
    const at::Tensor got = layer(input);
    ASSERT_EQ(got.sizes(), expected.sizes());
    EXPECT_LE((got - expected).abs().max().item<double>(), 1e-5);
  }
}

// Tolerances: bfloat16 keeps 8 bits of a result of at most about 4; float32's rounding of 24 sums.
TEST(LinearGelu, IsGeluOfTheLayerInEveryDtype) {
  at::manual_seed(5);
  const at::Tensor input = at::randn({2, 100, 24}), bias = at::randn({40});
  const at::Tensor weight = at::randn({40, 24}) / 5;
  const c10::InferenceMode inference;
  for (const auto& [dtype, tolerance] :
       {std::pair{at::kFloat, 1e-5}, {at::kBFloat16, 2e-2}, {at::kDouble, 1e-12}}) {
    const at::Tensor x = input.to(dtype), w = weight.to(dtype);
    for (const at::Tensor& b : {bias.to(dtype), at::Tensor()}) {
      const auto exact = [](const at::Tensor& t) { return t.defined() ? t.to(at::kDouble) : t; };
      const at::Tensor expected = at::gelu(at::linear(exact(x), exact(w), exact(b)));
      const at::Tensor got = linear_gelu(x, w, b);
      ASSERT_EQ(got.scalar_type(), dtype);
      ASSERT_EQ(got.sizes(), expected.sizes());
      EXPECT_LE((got.to(at::kDouble) - expected).abs().max().item<double>(), tolerance) << dtype;
    }
  }
}

TEST(LinearRelu, IsReluOfTheLayerInEveryDtype) {
  at::manual_seed(6);
  const at::Tensor input = at::randn({2, 100, 24}), bias = at::randn({40});
  const at::Tensor weight = at::randn({40, 24}) / 5;
  const c10::InferenceMode inference;
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const at::Tensor x = input.to(dtype), w = weight.to(dtype);
    for (const at::Tensor& b : {bias.to(dtype), at::Tensor()}) {
      EXPECT_TRUE(linear_relu(x, w, b).equal(at::relu(linear(x, w, b)))) << dtype;
    }
  }
}

// Tolerances: bfloat16 keeps 8 bits of a result of at most about 8; float32's rounding of 25 sums.
TEST(LinearPlus, AddsTheResidualInEveryDtype) {
  at::manual_seed(7);
  const at::Tensor input = at::randn({2, 100, 24}), bias = at::randn({40});
  const at::Tensor weight = at::randn({40, 24}) / 5, residual = at::randn({2, 100, 40});
  const c10::InferenceMode inference;
  for (const auto& [dtype, tolerance] :
       {std::pair{at::kFloat, 1e-5}, {at::kBFloat16, 4e-2}, {at::kDouble, 1e-12}}) {
    const at::Tensor x = input.to(dtype), w = weight.to(dtype), r = residual.to(dtype);
    const at::Tensor before = r.clone();
    for (const at::Tensor& b : {bias.to(dtype), at::Tensor()}) {
      const auto exact = [](const at::Tensor& t) { return t.defined() ? t.to(at::kDouble) : t; };
      const at::Tensor expected = at::linear(exact(x), exact(w), exact(b)) + exact(r);
      const at::Tensor got = linear_plus(x, w, b, r);
      ASSERT_EQ(got.scalar_type(), dtype);
      EXPECT_LE((got.to(at::kDouble) - expected).abs().max().item<double>(), tolerance) << dtype;
      EXPECT_TRUE(r.equal(before)) << "the residual is not written to";
    }
  }
}

TEST(FusedLinears, HaveGradientsWhereTheyAreAskedFor) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const at::Tensor x = at::ones({70, 2}, dtype);
    const auto gradient_of = [&](const auto& layer) {
      const at::Tensor weight = at::ones({3, 2}, dtype).requires_grad_();
      layer(weight).sum().backward();
      return weight.grad().abs().sum().template item<double>();
    };
    EXPECT_GT(gradient_of([&](const at::Tensor& w) { return linear_gelu(x, w); }), 0) << dtype;
    EXPECT_GT(gradient_of([&](const at::Tensor& w) { return linear_relu(x, w); }), 0) << dtype;
    const at::Tensor r = at::ones({70, 3}, dtype);
    EXPECT_GT(gradient_of([&](const at::Tensor& w) { return linear_plus(x, w, {}, r); }), 0);
  }
}

TEST(UninitializedWeights, GiveTheDtypeAndEndWithTheirScope) {
  {
    const UninitializedWeights guard(at::kBFloat16);
    EXPECT_EQ(Linear(2, 3)->weight.scalar_type(), at::kBFloat16);
    EXPECT_EQ(Conv2d(torch::nn::Conv2dOptions(2, 3, 1))->bias.scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(Linear(2, 3)->weight.scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace situ
