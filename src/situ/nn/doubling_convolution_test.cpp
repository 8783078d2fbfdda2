// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/doubling_convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace situ {
namespace {

at::Tensor reference(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor enlarged = at::upsample_nearest2d(input, {2 * input.size(2), 2 * input.size(3)});
  return at::conv2d(enlarged, weight, bias, 1, 1);
}

TEST(DoublingConvolution, OfOnePixelSumsTheTapsThatFallOnIt) {
  // Output pixel (0, 0) sees the pixel through the taps of rows and columns 1 and 2, (1, 1) through
  // 0 and 1; what is outside is zero.
  const at::Tensor weight = at::arange(9, at::kFloat).view({1, 1, 3, 3});
  const at::Tensor out = doubling_convolution(at::ones({1, 1, 1, 1}), weight, {});
  const at::Tensor expected = at::tensor({24, 20, 12, 8}, at::kFloat).view({1, 1, 2, 2});
  EXPECT_TRUE(out.equal(expected)) << out;
}

TEST(DoublingConvolution, EqualsTheConvolutionOfTheEnlargedPicture) {
  at::manual_seed(4);
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 5}, {7, 2}, {40, 33}}) {
    const at::Tensor input = at::randn({2, 5, height, width}, at::kDouble);
    const at::Tensor weight = at::randn({4, 5, 3, 3}, at::kDouble),
                     bias = at::randn({4}, at::kDouble);
    const at::Tensor expected = reference(input, weight, bias);
    const auto as = [](const at::Tensor& x) { return x.to(at::kFloat); };
    const at::Tensor got = doubling_convolution(as(input), as(weight), as(bias));
    EXPECT_LE((got - expected).abs().max().item<double>(), 1e-5) << height << " x " << width;
    EXPECT_TRUE(got.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
}

TEST(DoublingConvolution, InBFloat16RoundsOnlyOnceMore) {
  at::manual_seed(5);
  const at::Tensor input = at::randn({1, 16, 12, 12}).to(at::kBFloat16);
  const at::Tensor weight = (at::randn({8, 16, 3, 3}) / 12).to(at::kBFloat16);
  const at::Tensor expected = reference(input.to(at::kDouble), weight.to(at::kDouble), {});
  const at::Tensor got = doubling_convolution(input, weight, {}).to(at::kDouble);
  EXPECT_LE((got - expected).abs().max().item<double>(), 3e-2);
}

TEST(DoublingConvolution, IsLeftOutWhereGradientsAreRecorded) {
  const at::Tensor input = at::zeros({1, 1, 64, 64}), weight = at::zeros({1, 1, 3, 3});
  EXPECT_TRUE(suits_doubling_convolution(input, weight));
  EXPECT_FALSE(suits_doubling_convolution(input, weight.clone().requires_grad_(true)));
  EXPECT_FALSE(suits_doubling_convolution(at::zeros({1, 1, 8, 8}), weight));
}

}  // namespace
}  // namespace situ
