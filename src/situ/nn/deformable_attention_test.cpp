// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/deformable_attention.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <tuple>

#include "situ/nn/deformable_kernel.h"

namespace situ {
namespace {

// One query, one head, one level of 2 x 2 and one point: the middle of the picture.
DeformableAttention middle_of_four() {
  return {.value = at::tensor({1.0F, 2.0F, 4.0F, 9.0F}).view({1, 1, 4, 1}),
          .offsets = at::zeros({1, 1, 2}),
          .scores = at::zeros({1, 1, 1}),
          .reference = at::full({1, 1, 1, 2}, 0.5F),
          .levels = {{2, 2}}};
}

TEST(DeformableAttention, TakesTheMeanOfFourPixelsBetweenThem) {
  EXPECT_FLOAT_EQ(deformable_attention(middle_of_four()).item<float>(), 4);
}

TEST(DeformableAttention, OffsetsCountPixelsOfTheLevel) {
  DeformableAttention problem = middle_of_four();
  problem.offsets = at::tensor({0.5F, -0.5F}).view({1, 1, 2});  // the pixel at the top right
  EXPECT_FLOAT_EQ(deformable_attention(problem).item<float>(), 2);
  problem.offsets = at::tensor({1.0F, -0.5F}).view({1, 1, 2});  // half of it is outside
  EXPECT_FLOAT_EQ(deformable_attention(problem).item<float>(), 1);
}

TEST(DeformableAttention, OffsetsCountHalfSidesOfABox) {
  DeformableAttention problem = middle_of_four();
  problem.reference = at::tensor({0.5F, 0.5F, 1.0F, 0.5F}).view({1, 1, 1, 4});
  problem.offsets = at::tensor({0.5F, 1.0F}).view({1, 1, 2});  // to (0.75, 0.75)
  EXPECT_FLOAT_EQ(deformable_attention(problem).item<float>(), 9);
}

TEST(DeformableAttention, ScoresPassASoftmaxOverLevelsAndPoints) {
  DeformableAttention problem = middle_of_four();
  problem.value = at::tensor({1.0F, 2.0F, 4.0F, 9.0F, 100.0F}).view({1, 1, 5, 1});
  problem.levels = {{2, 2}, {1, 1}};
  problem.offsets = at::zeros({1, 1, 4});
  problem.scores = at::log(at::tensor({1.0F, 3.0F})).view({1, 1, 2});
  problem.reference = at::full({1, 1, 2, 2}, 0.5F);
  EXPECT_FLOAT_EQ(deformable_attention(problem).item<float>(), 4 * 0.25F + 100 * 0.75F);
}

TEST(DeformableAttention, WhatIsFarOutsideOrNoNumberIsNothing) {
  for (const float offset : {1e30F, -1e30F, std::numeric_limits<float>::infinity(),
                             std::numeric_limits<float>::quiet_NaN()}) {
    DeformableAttention problem = middle_of_four();
    problem.offsets = at::full({1, 1, 2}, offset);
    EXPECT_EQ(deformable_attention(problem).item<float>(), 0) << offset;
  }
}

TEST(DeformableAttention, RefusesShapesThatDoNotBelongTogether) {
  DeformableAttention problem = middle_of_four();
  problem.levels = {{2, 3}};
  EXPECT_THROW(deformable_attention(problem), std::invalid_argument);
  problem.levels = {{-2, -2}};
  EXPECT_THROW(deformable_attention(problem), std::invalid_argument);
  problem.levels = {{2, 2}, {0, 3}};
  EXPECT_THROW(deformable_attention(problem), std::invalid_argument);
  problem = middle_of_four();
  problem.offsets = at::zeros({1, 2, 2});
  EXPECT_THROW(deformable_attention(problem), std::invalid_argument);
  problem = middle_of_four();
  problem.reference = at::zeros({1, 1, 1, 3});
  EXPECT_THROW(deformable_attention(problem), std::invalid_argument);
  problem = middle_of_four();
  problem.value = at::zeros({1, 2, 4, 1});
  EXPECT_THROW(deformable_attention(problem), std::invalid_argument);
}

struct Shape {
  int64_t batch, queries, heads, head_size, points, reference;
};

class DeformableShapes : public testing::TestWithParam<Shape> {};

DeformableAttention drawn(const Shape& shape) {
  const std::vector<FeatureLevel> levels = {{9, 14}, {5, 7}, {3, 4}};
  const int64_t samples = shape.heads * 3 * shape.points;
  return {.value = at::randn({shape.batch, shape.heads, 9 * 14 + 5 * 7 + 3 * 4, shape.head_size}),
          .offsets = 2 * at::randn({shape.batch, shape.queries, 2 * samples}),
          .scores = at::randn({shape.batch, shape.queries, samples}),
          .reference = at::rand({shape.batch, shape.queries, 3, shape.reference}),
          .levels = levels,
          .points = shape.points};
}

// Tolerances: the two ways round the places differently, by some 1e-6 of a picture's side, which
// is 1e-5 of a pixel here; bfloat16 keeps 8 bits of a result of about 1.
TEST_P(DeformableShapes, KernelAgreesWithGridSampling) {
  const c10::InferenceMode inference;
  at::manual_seed(3);
  DeformableAttention problem = drawn(GetParam());
  const at::Tensor expected = portable_deformable_attention(problem);
  EXPECT_LE((deformable_attention(problem) - expected).abs().max().item<double>(), 5e-5);
  for (at::Tensor* operand : {&problem.value, &problem.offsets, &problem.scores}) {
    *operand = operand->to(at::kBFloat16);
  }
  const at::Tensor half = deformable_attention(problem);
  ASSERT_EQ(half.scalar_type(), at::kBFloat16);
  const at::Tensor portable = portable_deformable_attention(problem);
  EXPECT_LE((half.to(at::kFloat) - portable.to(at::kFloat)).abs().max().item<double>(), 2e-2);
}

TEST_P(DeformableShapes, DoesNotDependOnHowManyQueriesAreAskedAtOnce) {
  const c10::InferenceMode inference;
  at::manual_seed(4);
  const DeformableAttention problem = drawn(GetParam());
  const at::Tensor all = deformable_attention(problem);
  DeformableAttention part = problem;
  part.offsets = problem.offsets.slice(1, 1, 4);
  part.scores = problem.scores.slice(1, 1, 4);
  part.reference = problem.reference.slice(1, 1, 4);
  EXPECT_TRUE(deformable_attention(part).equal(all.slice(1, 1, 4)));
}

INSTANTIATE_TEST_SUITE_P(Kernel, DeformableShapes,
                         testing::Values(Shape{1, 200, 8, 32, 4, 2}, Shape{2, 70, 8, 32, 4, 4},
                                         Shape{1, 9, 2, 4, 2, 2}, Shape{2, 5, 1, 20, 1, 4},
                                         Shape{1, 300, 3, 56, 3, 2}));

// Tolerances as above. This processor may have chosen another.
TEST(DeformableAttention, KernelOfEveryProcessorAgreesToo) {
  const c10::InferenceMode inference;
  at::manual_seed(6);
  for (const auto& [dtype, element, tolerance] :
       {std::tuple{at::kFloat, DeformableElement::kFloat32, 5e-5},
        std::tuple{at::kBFloat16, DeformableElement::kBFloat16, 2e-2}}) {
    DeformableAttention problem = drawn({2, 21, 2, 36, 4, 4});
    for (at::Tensor* operand : {&problem.value, &problem.offsets, &problem.scores}) {
      *operand = operand->to(dtype);
    }
    const at::Tensor out = at::empty({2, 21, 72}, problem.value.options());
    const DeformableProblem raw{.value = problem.value.const_data_ptr(),
                                .offsets = problem.offsets.const_data_ptr(),
                                .scores = problem.scores.const_data_ptr(),
                                .reference = problem.reference.const_data_ptr<float>(),
                                .out = out.data_ptr(),
                                .queries = 21,
                                .values = problem.value.size(2),
                                .heads = 2,
                                .head_size = 36,
                                .levels = 3,
                                .points = 4,
                                .reference_size = 4,
                                .heights = {9, 5, 3},
                                .widths = {14, 7, 4},
                                .starts = {0, 9 * 14, 9 * 14 + 5 * 7}};
    baseline_deformable_kernel(element)(raw, 0, 2 * 21);
    const at::Tensor expected = portable_deformable_attention(problem);
    EXPECT_LE((out.to(at::kFloat) - expected.to(at::kFloat)).abs().max().item<double>(), tolerance);
  }
}

TEST(DeformableAttention, TakesOtherDtypesByThePortableWay) {
  at::manual_seed(5);
  DeformableAttention problem = drawn({1, 7, 2, 16, 2, 2});
  const at::Tensor expected = deformable_attention(problem);
  for (at::Tensor* operand : {&problem.value, &problem.offsets, &problem.scores}) {
    *operand = operand->to(at::kDouble);
  }
  EXPECT_LE((deformable_attention(problem) - expected).abs().max().item<double>(), 5e-5);
}

}  // namespace
}  // namespace situ
