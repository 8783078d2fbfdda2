// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/confusion_matrix.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace situ {
namespace {

at::Tensor row(const std::vector<int>& values) { return at::tensor(values, at::kInt).unsqueeze(0); }

TEST(ConfusionMatrix, GivesTheHandComputedFigures) {
  ConfusionMatrix matrix(3);
  // Label 255 is ignored; prediction 7 is no class.
  matrix.add(row({0, 0, 0, 1, 1, 255}), row({0, 0, 1, 1, 7, 0}));
  EXPECT_EQ(matrix.pixels(), 5);
  EXPECT_EQ(matrix.at(0, 1), 1);
  EXPECT_EQ(matrix.at(1, 3), 1);
  EXPECT_DOUBLE_EQ(matrix.iou(0), 2.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.iou(1), 1.0 / 3);
  EXPECT_TRUE(std::isnan(matrix.iou(2)));
  const std::int64_t all[] = {0, 1, 2};
  EXPECT_DOUBLE_EQ(matrix.mean_iou(all), 0.5);
  EXPECT_DOUBLE_EQ(matrix.mean_iou(std::span(all).first(1)), 2.0 / 3);
  EXPECT_TRUE(std::isnan(matrix.mean_iou(std::span(all).last(1))));
  EXPECT_DOUBLE_EQ(matrix.pixel_accuracy(), 0.6);
  EXPECT_DOUBLE_EQ(matrix.recall(1), 0.5);
}

TEST(ConfusionMatrix, AddsImagesAndMatricesAlike) {
  ConfusionMatrix a(2);
  a.add(row({0, 1}), row({0, 0}));
  ConfusionMatrix b(2);
  b.add(row({1, 1}).to(at::kByte), row({1, 0}).to(at::kByte));
  a.add(b);
  EXPECT_DOUBLE_EQ(a.iou(0), 1.0 / 3);
  EXPECT_DOUBLE_EQ(a.iou(1), 1.0 / 3);
  EXPECT_THROW(a.add(ConfusionMatrix(3)), std::invalid_argument);
  EXPECT_THROW(a.add(row({1}), row({1, 2})), std::invalid_argument);
  EXPECT_THROW(ConfusionMatrix(0), std::invalid_argument);
  EXPECT_THROW(a.at(2, 0), std::invalid_argument);
}

TEST(ConfusionMatrix, MergesClassesIntoCategories) {
  ConfusionMatrix matrix(4);
  matrix.add(row({0, 1, 2, 3, 2}), row({1, 0, 2, 0, 3}));
  const std::int64_t category_of[] = {0, 0, 1, -1};
  const ConfusionMatrix merged = matrix.merged(category_of, 2);
  EXPECT_EQ(merged.pixels(), 4) << "those of class 3 are ignored";
  EXPECT_DOUBLE_EQ(merged.iou(0), 1);
  EXPECT_DOUBLE_EQ(merged.iou(1), 0.5);
}

TEST(BoundaryOf, IsTheInnerRimIncludingTheImagesBorder) {
  const at::Tensor mask = at::zeros({7, 7}, at::kBool);
  mask.slice(0, 0, 5).slice(1, 1, 6).fill_(true);
  const at::Tensor boundary = boundary_of(mask, 1);
  EXPECT_EQ(boundary.sum().item<int64_t>(), 16);
  EXPECT_TRUE(boundary[0][3].item<bool>());
  EXPECT_FALSE(boundary[2][3].item<bool>());
  EXPECT_TRUE(boundary_of(mask, 3).equal(mask));
}

TEST(BoundaryIou, IsThatOfTheRims) {
  // 50 x 50: the distance is 2 % of 70.7, one pixel.
  const at::Tensor labels = at::zeros({50, 50}, at::kByte);
  labels.slice(0, 10, 20).slice(1, 10, 20).fill_(1);
  at::Tensor predictions = labels.clone();
  BoundaryIou same(3);
  same.add(labels, predictions);
  EXPECT_DOUBLE_EQ(same.iou(1), 1);
  EXPECT_TRUE(std::isnan(same.iou(2)));
  predictions.slice(0, 11, 19).slice(1, 11, 19).fill_(2);  // a hole with another class
  BoundaryIou hollow(3);
  hollow.add(labels, predictions);
  EXPECT_DOUBLE_EQ(hollow.iou(1), 1) << "the rim is what is left";
  EXPECT_DOUBLE_EQ(hollow.iou(2), 0);
}

}  // namespace
}  // namespace situ
