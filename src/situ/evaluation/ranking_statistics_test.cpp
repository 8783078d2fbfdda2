// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/ranking_statistics.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/metrics/golden_frames.h"

namespace situ {
namespace {

class Statistics : public ::testing::Test {
 protected:
  Statistics() {
    const auto frames = testing::golden_frames();
    for (size_t f = 0; f < frames.size(); ++f) {
      const std::string name = std::to_string(f);
      samples_.push_back({name, folder_ / (name + ".npy"), folder_ / (name + ".png")});
      save_npy(samples_[f].scores, frames[f].scores);
      save_png(samples_[f].labels, frames[f].targets);
    }
  }
  RankingMetrics pooled(const RankingStatistics& statistics) const {
    const std::vector<std::int64_t> once(samples_.size(), 1);
    return ranking_metrics(ranking_curve(statistics.ranking, once));
  }
  TemporaryFolder folder_;
  std::vector<AnomalySample> samples_;
};

TEST_F(Statistics, OnDiskGiveTheExactFigures) {
  save_statistics(folder_ / "s.npz", ranking_statistics(samples_, anomaly_protocol("binary")));
  const RankingStatistics read = load_statistics(folder_ / "s.npz");
  EXPECT_EQ(read.protocol, "binary");
  EXPECT_EQ(read.images, (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_NEAR(pooled(read).average_precision, 0.785952119490, 6e-13);
  EXPECT_NEAR(pooled(read).auroc, 0.937987785213, 6e-13);
}

TEST_F(Statistics, WithFewerThresholdsComeClose) {
  const auto few = ranking_statistics(samples_, anomaly_protocol("binary"), 300);
  EXPECT_EQ(few.ranking.thresholds.size(), 300U);
  const auto exact = ranking_statistics(samples_, anomaly_protocol("binary"));
  EXPECT_GT(exact.ranking.thresholds.size(), 600U);
  // Of 1580 positives, no more than some five share a threshold with others.
  EXPECT_NEAR(pooled(few).average_precision, pooled(exact).average_precision, 2e-3);
  EXPECT_LE(pooled(few).average_precision, pooled(exact).average_precision);
}

TEST_F(Statistics, AreRefusedWhereTheyContradictThemselves) {
  save_statistics(folder_ / "s.npz", ranking_statistics(samples_, anomaly_protocol("binary")));
  const auto good = load_npz(folder_ / "s.npz");
  const auto refused = [&](const char* name, const at::Tensor& array) {
    auto arrays = good;
    arrays[name] = array;
    save_npz(folder_ / "bad.npz", arrays);
    EXPECT_THROW(load_statistics(folder_ / "bad.npz"), DataError) << name;
  };
  refused("thresholds", good.at("thresholds").flip(0));
  refused("cells", good.at("cells").flip(0));
  refused("cells", good.at("cells").add(1'000'000));
  refused("positives", good.at("positives").neg());
  refused("ends", good.at("ends").add(1));
  refused("ends", good.at("ends").slice(0, 1));
  refused("negatives", good.at("negatives").to(at::kDouble));
  refused("header", good.at("header").slice(0, 3));
}

}  // namespace
}  // namespace situ
