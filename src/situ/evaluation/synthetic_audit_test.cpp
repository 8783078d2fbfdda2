// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/synthetic_audit.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

/// One image of a row of pixels: road, a photographed car, an inserted car and an inserted anomaly.
class SyntheticAudit : public ::testing::Test {
 protected:
  SyntheticAudit() {
    for (const char* part : {"scores", "labels", "instances"}) {
      std::filesystem::create_directories(folder_ / part);
    }
    save_png(folder_ / "labels" / "a.png",
             at::tensor({0, 0, 0, 13, 13, 13, 20, 20}, at::kByte).unsqueeze(0));
    save_png(folder_ / "instances" / "a.png",
             at::tensor({0, 0, 0, 0, 1, 1, 2, 2}, at::kByte).unsqueeze(0));
  }

  std::vector<GroupFigures> audit(const std::vector<float>& scores) {
    save_npy(folder_ / "scores" / "a.npy", at::tensor(scores).unsqueeze(0));
    const AnomalyProtocol& protocol = anomaly_protocol("poc");
    std::vector<AnomalySample> samples =
        anomaly_samples({.scores = folder_ / "scores", .labels = folder_ / "labels"}, protocol);
    add_instance_maps(folder_ / "instances", samples);
    return audit_synthetic_pixels(samples, protocol);
  }

  TemporaryFolder folder_;
};

TEST_F(SyntheticAudit, TellsADetectorOfSynthesisFromOneOfAnomalies) {
  const auto synthesis = audit({0, 0, 0, 0, 1, 1, 1, 1});
  ASSERT_EQ(synthesis.size(), 3u);
  EXPECT_EQ(synthesis[0].negatives, 6);
  EXPECT_EQ(synthesis[1].negatives, 4);
  EXPECT_EQ(synthesis[2].negatives, 2);
  for (const GroupFigures& one : synthesis) EXPECT_EQ(one.positives, 2);
  EXPECT_DOUBLE_EQ(synthesis[0].metrics.auroc, (4 + 0.5 * 2) / 6);
  EXPECT_DOUBLE_EQ(synthesis[1].metrics.auroc, 1);
  EXPECT_DOUBLE_EQ(synthesis[2].metrics.auroc, 0.5);

  for (const GroupFigures& one : audit({0, 0, 0, 0, 0, 0, 1, 1})) {
    EXPECT_DOUBLE_EQ(one.metrics.auroc, 1) << one.group;
  }
}

TEST_F(SyntheticAudit, NamesAMapThatIsMissingOrOfAnotherSize) {
  save_png(folder_ / "instances" / "a.png", at::zeros({2, 8}, at::kByte));
  EXPECT_THROW(audit({0, 0, 0, 0, 1, 1, 1, 1}), DataError);
  std::filesystem::remove(folder_ / "instances" / "a.png");
  EXPECT_THROW(audit({0, 0, 0, 0, 1, 1, 1, 1}), DataError);
}

}  // namespace
}  // namespace situ
