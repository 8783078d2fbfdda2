// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/protocol.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/core/errors.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<int> targets(const char* protocol, const std::vector<int>& labels) {
  const at::Tensor row = at::tensor(labels, at::kInt).unsqueeze(0);
  const at::Tensor mapped = targets_of(row, anomaly_protocol(protocol), "a.png");
  std::vector<int> values;
  for (int64_t i = 0; i < mapped.numel(); ++i) values.push_back(mapped[0][i].item<int>());
  return values;
}

using Values = std::vector<int>;

TEST(AnomalyProtocol, MapsTheNumbersOfEveryDataSet) {
  EXPECT_EQ(targets("binary", {0, 1, 255}), (Values{0, 1, 255}));
  EXPECT_EQ(targets("fishyscapes", {0, 1, 255, 7}), (Values{0, 1, 255, 255}));
  EXPECT_EQ(targets("smiyc-anomaly", {0, 1, 2, 255}), (Values{0, 1, 255, 255}));
  EXPECT_EQ(targets("smiyc-obstacle", {0, 1, 254}), (Values{0, 1, 255}));
  EXPECT_EQ(targets("road-anomaly", {0, 1, 2, 255}), (Values{0, 1, 1, 255}));
  EXPECT_EQ(targets("lost-and-found", {0, 1, 2, 200, 201, 255}), (Values{255, 0, 1, 1, 255, 255}));
  EXPECT_EQ(targets("streethazards", {0, 1, 13, 14}), (Values{255, 0, 0, 1}));
  EXPECT_EQ(targets("poc", {0, 18, 19, 254, 255}), (Values{0, 0, 1, 1, 255}));
  EXPECT_EQ(targets("poc-idd", {0, 1, 7, 8, 25, 99, 100, 124, 255}),
            (Values{0, 255, 0, 255, 0, 255, 1, 1, 255}));
  EXPECT_EQ(targets("poc-acdc", {7, 9, 28, 29, 33, 100, 255}), (Values{0, 255, 0, 255, 0, 1, 255}));
}

TEST(AnomalyProtocol, NamesTheLabelThatItDoesNotKnow) {
  EXPECT_THAT(
      [] {
        targets("binary", {0, 1, 2});
      },
      ThrowsMessage<DataError>(HasSubstr("a.png: label 2 at x 2, y 0")));
  EXPECT_THROW(targets("streethazards", {15}), DataError);
  EXPECT_THROW(targets("poc", {300}), DataError);
  EXPECT_THROW(targets("fishyscapes", {-1}), DataError);
  EXPECT_THAT([] { anomaly_protocol("binry"); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("did you mean 'binary'")));
}

}  // namespace
}  // namespace situ
