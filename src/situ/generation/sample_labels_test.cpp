// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/sample_labels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/generation/test_generation.h"

namespace situ {
namespace {

at::Tensor mask(std::initializer_list<int> pixels) {
  std::vector<int64_t> values(pixels.begin(), pixels.end());
  return at::tensor(values, at::kLong).ne(0).view({1, -1});
}

Insertion inserted(std::vector<at::Tensor> parts) {
  Insertion one;
  one.status = InsertionStatus::kInserted;
  one.parts = std::move(parts);
  return one;
}

std::vector<int64_t> values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kLong).flatten().contiguous();
  return {flat.const_data_ptr<int64_t>(), flat.const_data_ptr<int64_t>() + flat.numel()};
}

TEST(DisjointParts, GivesTheOverlapToTheRider) {
  const auto parts = disjoint_parts({mask({1, 1, 1, 1, 0, 0}), mask({0, 0, 0, 1, 1, 1})});
  EXPECT_EQ(values(parts[0]), (std::vector<int64_t>{1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(values(parts[1]), (std::vector<int64_t>{0, 0, 0, 1, 1, 1}));
}

TEST(DisjointParts, DropsARiderThatIsTheBicycle) {
  const auto parts = disjoint_parts({mask({1, 1, 1, 1, 1, 1}), mask({1, 1, 1, 1, 1, 0})});
  EXPECT_EQ(values(parts[0]), (std::vector<int64_t>{1, 1, 1, 1, 1, 1}));
  EXPECT_FALSE(parts[1].defined());
  // 4 / 5 = 0.8 is not more than 0.8.
  EXPECT_TRUE(disjoint_parts({mask({1, 1, 1, 1, 1}), mask({1, 1, 1, 1, 0})})[1].defined());
}

class LabelSample : public ::testing::Test {
 protected:
  Recipe recipe_ = testing::test_recipe();
  at::Tensor image_ = at::zeros({3, 1, 6}, at::kByte);
  at::Tensor source_ = at::tensor({3, 3, 3, 3, 11, 11}, at::kInt).to(at::kByte).view({1, 6});

  SampleLabels label(const std::vector<size_t>& objects, const std::vector<Insertion>& made) {
    std::vector<PlannedInsertion> planned;
    for (const size_t i : objects) planned.push_back({&recipe_.objects[i], ""});
    return label_sample(source_, image_, recipe_, planned, made);
  }
};

TEST_F(LabelSample, WritesTheObjectsIdAndMarksTheAnomaly) {
  const SampleLabels labels = label({0}, {inserted({mask({0, 1, 1, 0, 1, 0})})});
  EXPECT_EQ(values(labels.labels), (std::vector<int64_t>{3, 100, 100, 3, 100, 11}));
  EXPECT_EQ(values(labels.instances), (std::vector<int64_t>{0, 1, 1, 0, 1, 0}));
  EXPECT_EQ(values(labels.anomaly), (std::vector<int64_t>{0, 1, 1, 0, 1, 255}));
  EXPECT_EQ(values(source_), (std::vector<int64_t>{3, 3, 3, 3, 11, 11}));
}

TEST_F(LabelSample, KeepsAKnownClassInDistribution) {
  const SampleLabels labels = label({2}, {inserted({mask({0, 0, 0, 0, 1, 0})})});
  EXPECT_EQ(values(labels.labels), (std::vector<int64_t>{3, 3, 3, 3, 8, 11}));
  EXPECT_EQ(values(labels.anomaly), (std::vector<int64_t>{0, 0, 0, 0, 0, 255}));
}

TEST_F(LabelSample, LeavesNoTraceOfWhatWasRejected) {
  Insertion rejected;
  rejected.status = InsertionStatus::kRejected;
  const SampleLabels labels = label({0, 1}, {rejected, inserted({mask({1, 0, 0, 0, 0, 0})})});
  EXPECT_EQ(values(labels.labels), (std::vector<int64_t>{101, 3, 3, 3, 11, 11}));
  EXPECT_EQ(values(labels.instances), (std::vector<int64_t>{2, 0, 0, 0, 0, 0}));
}

TEST_F(LabelSample, WritesOneIdForAllAnomaliesWhereAsked) {
  recipe_.plan.label_policy = LabelPolicy::kOod;
  const SampleLabels labels =
      label({0, 2}, {inserted({mask({1, 0, 0, 0, 0, 0})}), inserted({mask({0, 1, 0, 0, 0, 0})})});
  EXPECT_EQ(values(labels.labels), (std::vector<int64_t>{254, 8, 3, 3, 11, 11}));
}

TEST_F(LabelSample, WidensForLargeIds) {
  recipe_.objects[0].parts[0].id = 300;
  const SampleLabels labels = label({0}, {inserted({mask({1, 0, 0, 0, 0, 0})})});
  EXPECT_EQ(labels.labels.scalar_type(), at::kInt);
  EXPECT_EQ(values(labels.labels)[0], 300);
}

TEST_F(LabelSample, MarksAnomaliesWhereTheSourceHasNoLabels) {
  source_ = at::Tensor();
  const SampleLabels labels = label({0}, {inserted({mask({1, 0, 0, 0, 0, 0})})});
  EXPECT_FALSE(labels.labels.defined());
  EXPECT_EQ(values(labels.anomaly), (std::vector<int64_t>{1, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace situ
