// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/anomaly_evaluation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/evaluation/evaluation_record.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/metrics/golden_frames.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class EvaluateAnomaly : public ::testing::Test {
 protected:
  EvaluateAnomaly() {
    fs::create_directory(folder_ / "scores");
    fs::create_directory(folder_ / "labels");
  }

  void put(const std::string& name, const at::Tensor& scores, const at::Tensor& labels) {
    save_npy(folder_ / "scores" / (name + ".npy"), scores);
    save_png(folder_ / "labels" / (name + ".png"), labels);
  }

  void put_golden() {
    const auto frames = testing::golden_frames();
    for (size_t f = 0; f < frames.size(); ++f) {
      // The four ways that hold these scores without rounding.
      const at::ScalarType dtypes[] = {at::kHalf, at::kFloat, at::kDouble, at::kHalf};
      at::Tensor scores = frames[f].scores.to(dtypes[f]);
      if (f == 1) scores = scores.unsqueeze(0);
      if (f == 3) {
        save_npz(folder_ / "scores" / "3.npz", {{"scores", scores}});
        save_png(folder_ / "labels" / "3.png", frames[f].targets);
      } else {
        put(std::to_string(f), scores, frames[f].targets);
      }
    }
  }

  AnomalyFigures evaluate(const char* protocol = "binary",
                          const std::optional<fs::path>& roi = {}) {
    const AnomalyProtocol& chosen = anomaly_protocol(protocol);
    return evaluate_anomaly(anomaly_samples({.scores = folder_ / "scores",
                                             .labels = folder_ / "labels",
                                             .roi = roi,
                                             .label_stride = label_stride_},
                                            chosen),
                            chosen);
  }

  TemporaryFolder folder_;
  int64_t label_stride_ = 1;
};

TEST_F(EvaluateAnomaly, GivesThePublishedFiguresForTheGoldenFrames) {
  put_golden();
  const AnomalyFigures result = evaluate();
  EXPECT_EQ(result.images.size(), 4U);
  EXPECT_EQ(result.positives, 1580);
  EXPECT_EQ(result.negatives, 15700);
  EXPECT_EQ(result.ignored, 4 * 480);
  EXPECT_NEAR(result.pooled.average_precision, 0.785952119490, 6e-13);
  EXPECT_NEAR(result.pooled.auroc, 0.937987785213, 6e-13);
  EXPECT_NEAR(result.pooled.fpr_at_95_tpr, 0.305159235669, 6e-13);
  EXPECT_EQ(result.pooled.f1_star_threshold, 0.68359375);
  EXPECT_NEAR(result.mean_over_images.average_precision, .769719235, 6e-10);
  EXPECT_NEAR(result.mean_over_images.fpr_at_95_tpr, .305013798, 6e-10);
}

TEST_F(EvaluateAnomaly, GivesThePublishedComponentFiguresForTheGoldenFrames) {
  put_golden();
  const AnomalyProtocol& protocol = anomaly_protocol("smiyc-obstacle");
  const ComponentMetrics components = evaluate_components(
      anomaly_samples({.scores = folder_ / "scores", .labels = folder_ / "labels"}, protocol),
      protocol, 0.68359375);
  EXPECT_NEAR(components.mean_object_siou, .576022396, 6e-10);
  EXPECT_NEAR(components.mean_f1, .742112299, 6e-10);
  const auto json = to_json(components);
  EXPECT_EQ(json.at("thresholds").at(7).at("false_negatives"), 2);
}

TEST_F(EvaluateAnomaly, DependsOnNeitherTheOrderNorTheThreads) {
  put_golden();
  const AnomalyProtocol& protocol = anomaly_protocol("binary");
  auto samples =
      anomaly_samples({.scores = folder_ / "scores", .labels = folder_ / "labels"}, protocol);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = to_json(evaluate_anomaly(samples, protocol));
  std::reverse(samples.begin(), samples.end());
  at::set_num_threads(3);
  const auto other = to_json(evaluate_anomaly(samples, protocol));
  at::set_num_threads(before);
  EXPECT_EQ(one.at("pooled").dump(), other.at("pooled").dump());
  EXPECT_EQ(one.at("mean_over_images").dump(), other.at("mean_over_images").dump());
}

TEST_F(EvaluateAnomaly, LeavesImagesWithoutAnomaliesOutOfTheMeanButNotOutOfThePool) {
  put("a", at::tensor({0.9F, 0.1F}).unsqueeze(0), at::tensor({1, 0}, at::kByte).unsqueeze(0));
  put("b", at::tensor({0.95F, 0.2F}).unsqueeze(0), at::tensor({0, 0}, at::kByte).unsqueeze(0));
  const AnomalyFigures result = evaluate();
  EXPECT_EQ(result.mean_over_images.average_precision, 1);
  EXPECT_EQ(result.pooled.average_precision, 0.5);
}

TEST_F(EvaluateAnomaly, CountsOnlyTheRegionOfInterest) {
  put("a", at::tensor({0.9F, 0.1F, 0.95F}).unsqueeze(0),
      at::tensor({1, 0, 0}, at::kByte).unsqueeze(0));
  fs::create_directory(folder_ / "roi");
  save_png(folder_ / "roi" / "a.png", at::tensor({255, 1, 0}, at::kByte).unsqueeze(0));
  const AnomalyFigures result = evaluate("binary", folder_ / "roi");
  EXPECT_EQ(result.pooled.average_precision, 1);
  EXPECT_EQ(result.ignored, 1);
}

TEST_F(EvaluateAnomaly, ComparesSmallScoreMapsWithEveryNthPixelOfTheLabels) {
  put("a", at::tensor({0.9F, 0.1F, 0.5F}).unsqueeze(0),
      at::tensor({1, 9, 0, 9, 255}, at::kByte).unsqueeze(0).repeat({2, 1}));
  label_stride_ = 2;
  const AnomalyFigures result = evaluate();
  EXPECT_EQ(result.pooled.average_precision, 1);
  EXPECT_EQ(result.ignored, 1);
  label_stride_ = 0;
  EXPECT_THROW(evaluate(), std::invalid_argument);
}

TEST_F(EvaluateAnomaly, NamesTheFileAndThePixelOfAScoreThatIsNotFinite) {
  const at::Tensor labels = at::zeros({2, 3}, at::kByte);
  put("a", at::zeros({2, 3}), labels);
  at::Tensor scores = at::zeros({2, 3});
  scores[1][2] = std::numeric_limits<float>::quiet_NaN();
  put("b", scores, labels);
  EXPECT_THAT([this] { evaluate(); },
              ThrowsMessage<DataError>(HasSubstr("b.npy: the score at x 2, y 1 is NaN")));
  scores[1][2] = -std::numeric_limits<float>::infinity();
  put("b", scores.to(at::kDouble), labels);
  EXPECT_THAT([this] { evaluate(); }, ThrowsMessage<DataError>(HasSubstr("y 1 is infinite")));
}

TEST_F(EvaluateAnomaly, NamesFilesThatAreMissingExtraOrOfAnotherSize) {
  put("a", at::zeros({2, 3}), at::zeros({2, 3}, at::kByte));
  save_npy(folder_ / "scores" / "b.npy", at::zeros({2, 3}));
  EXPECT_THAT([this] { evaluate(); }, ThrowsMessage<DataError>(HasSubstr("no file for b of")));
  fs::remove(folder_ / "scores" / "b.npy");
  save_png(folder_ / "labels" / "c.png", at::zeros({2, 3}, at::kByte));
  EXPECT_THAT([this] { evaluate(); }, ThrowsMessage<DataError>(HasSubstr("no file for c of")));
  save_npy(folder_ / "scores" / "c.npy", at::zeros({3, 2}));
  EXPECT_THAT([this] { evaluate(); },
              ThrowsMessage<DataError>(HasSubstr("c.png: expected [3, 2] as in ")));
}

TEST_F(EvaluateAnomaly, RefusesLabelsOfWhichNothingCounts) {
  put("a", at::zeros({1, 2}), at::full({1, 2}, 255, at::kByte));
  EXPECT_THAT([this] { evaluate(); },
              ThrowsMessage<DataError>(HasSubstr("no pixel of these labels counts under")));
}

TEST_F(EvaluateAnomaly, RecordsWhatIsUndefinedAsNull) {
  put("a", at::zeros({1, 2}), at::zeros({1, 2}, at::kByte));
  const auto json = to_json(evaluate());
  EXPECT_EQ(json.at("pooled").at("average_precision"), 0);
  EXPECT_TRUE(json.at("pooled").at("auroc").is_null());
  EXPECT_TRUE(json.at("mean_over_images").at("average_precision").is_null());
  EXPECT_THAT(markdown_table({evaluate()}), HasSubstr("| binary | all pixels | 0.00 | – |"));
}

}  // namespace
}  // namespace situ
