// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/breakdown.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "situ/core/temporary_folder.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/metrics/golden_frames.h"
#include "situ/metrics/score_grid.h"

namespace situ {
namespace {

/// The golden frames with POC's label numbers: frames 0 and 2 hold class 20, the others class 30.
class EvaluateGroups : public ::testing::Test {
 protected:
  EvaluateGroups() {
    for (size_t f = 0; f < frames_.size(); ++f) {
      const std::string name = std::to_string(f);
      samples_.push_back({name, folder_ / (name + ".npy"), folder_ / (name + ".png")});
      save_npy(samples_[f].scores, frames_[f].scores);
      at::Tensor labels = frames_[f].targets.clone();
      labels.masked_fill_(labels.eq(1), f % 2 == 0 ? 20 : 30);
      save_png(samples_[f].labels, labels);
    }
  }

  /// By definition: the pixels of all frames in one row, those that do not count ignored.
  RankingMetrics direct(const std::function<void(size_t, at::Tensor&)>& ignore) const {
    std::vector<at::Tensor> scores, targets;
    for (size_t f = 0; f < frames_.size(); ++f) {
      at::Tensor target = frames_[f].targets.clone();
      ignore(f, target);
      scores.push_back(frames_[f].scores.flatten());
      targets.push_back(target.flatten());
    }
    return ranking_metrics(ranking_curve(at::cat(scores), at::cat(targets)));
  }

  std::vector<GroupFigures> groups(Grouping grouping) const {
    return evaluate_groups(samples_, anomaly_protocol("poc"), grouping);
  }

  const std::vector<testing::GoldenFrame> frames_ = testing::golden_frames();
  TemporaryFolder folder_;
  std::vector<AnomalySample> samples_;
};

void expect_equal(const RankingMetrics& a, const RankingMetrics& b) {
  EXPECT_NEAR(a.average_precision, b.average_precision, 1e-13);
  EXPECT_NEAR(a.average_precision_trapezoid, b.average_precision_trapezoid, 1e-13);
  EXPECT_NEAR(a.auroc, b.auroc, 1e-13);
  EXPECT_EQ(a.fpr_at_95_tpr_interpolated, b.fpr_at_95_tpr_interpolated);
  EXPECT_EQ(a.f1_star_threshold, b.f1_star_threshold);
}

TEST_F(EvaluateGroups, MeasuresEachClassAgainstAllOtherPixels) {
  const auto found = groups(Grouping::kClass);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].group, "20");
  EXPECT_EQ(found[0].positives, 435 + 359);
  EXPECT_EQ(found[0].negatives, 15700);
  expect_equal(found[0].metrics, direct([](size_t f, at::Tensor& target) {
                 if (f % 2 == 1) target.masked_fill_(target.eq(1), 255);
               }));
}

TEST_F(EvaluateGroups, MeasuresQuartersOfTheHeightByThemselves) {
  const auto found = groups(Grouping::kRows);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[1].group, "rows 1/4 to 2/4");
  EXPECT_EQ(found[1].positives + found[1].negatives, 4 * 15 * 80);
  expect_equal(found[1].metrics, direct([](size_t, at::Tensor& target) {
                 target.slice(0, 0, 15).fill_(255);
                 target.slice(0, 30).fill_(255);
               }));
}

TEST_F(EvaluateGroups, TellsObjectsApartByTheirSize) {
  const auto found = groups(Grouping::kSize);
  ASSERT_EQ(found.size(), 1U) << "all objects of the frames are small";
  EXPECT_EQ(found[0].group, "below 1000 px");
  EXPECT_EQ(found[0].positives, 1580);
  at::Tensor large = at::zeros({60, 80}, at::kByte);
  large.slice(0, 0, 20).fill_(40);
  save_png(samples_[3].labels, large);
  const auto with_large = groups(Grouping::kSize);
  ASSERT_EQ(with_large.size(), 2U);
  EXPECT_EQ(with_large[1].group, "below 10000 px");
  EXPECT_EQ(with_large[1].positives, 1600);
}

}  // namespace
}  // namespace situ
