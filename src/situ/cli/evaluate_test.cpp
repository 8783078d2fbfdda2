// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/cli/command.h"
#include "situ/cli/test_command.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using testing::Ended;
using ::testing::HasSubstr;
using testing::run_situ;

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() {
    for (const char* name : {"scores", "worse", "labels"}) fs::create_directory(folder_ / name);
    for (int i = 0; i < 3; ++i) {
      const at::Tensor labels = at::zeros({6, 8}, at::kByte);
      labels.slice(0, i, i + 2).slice(1, 2, 5).fill_(1);
      labels[5].fill_(255);
      const at::Tensor ramp = at::arange(48).view({6, 8}).to(at::kFloat).div(48);
      save_png(folder_ / "labels" / (std::to_string(i) + ".png"), labels);
      save_npy(folder_ / "scores" / (std::to_string(i) + ".npy"), ramp.add(labels, 2));
      save_npy(folder_ / "worse" / (std::to_string(i) + ".npy"), ramp.neg());
    }
  }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  Ended anomaly(const char* scores, std::vector<std::string> more) {
    std::vector<std::string> all = {"evaluate",   "anomaly",  "--scores",
                                    path(scores), "--labels", path("labels")};
    all.insert(all.end(), more.begin(), more.end());
    return run_situ(all);
  }

  TemporaryFolder folder_;
};

TEST_F(Evaluate, WritesTheFiguresAsJsonAndAsATable) {
  const Ended ended =
      anomaly("scores", {"--json", path("o.json"), "--markdown", path("o.md"), "--components",
                         "--bootstrap", "20", "--by", "class", "--by", "rows"});
  ASSERT_EQ(ended.exit_code, kDone) << ended.messages;
  EXPECT_THAT(ended.results, HasSubstr("| binary | all pixels | 100.00 |"));
  const auto record = load_json(folder_ / "o.json");
  const auto& result = record.at("results").at(0);
  EXPECT_EQ(result.at("protocol"), "binary");
  EXPECT_EQ(result.at("images"), 3);
  EXPECT_EQ(result.at("pixels"), 3 * 40);
  EXPECT_EQ(result.at("pooled").at("average_precision"), 1);
  EXPECT_EQ(result.at("mean_over_images").at("fpr_at_95_tpr"), 0);
  EXPECT_EQ(result.at("pooled_intervals").at("auroc"), nlohmann::json({1.0, 1.0}));
  EXPECT_EQ(result.at("by_class").at(0).at("anomalous_pixels"), 3 * 6);
  EXPECT_EQ(result.at("by_rows").at(0).at("group"), "rows 0/4 to 1/4");
  EXPECT_EQ(result.at("components").at("objects"), 0) << "all are below 100 pixels";
  EXPECT_TRUE(fs::exists(folder_ / "o.md"));
}

TEST_F(Evaluate, ShowsAllProtocolsThatTheLabelsAllow) {
  const Ended ended = anomaly("scores", {"--protocol", "all", "--json", path("o.json")});
  ASSERT_EQ(ended.exit_code, kDone) << ended.messages;
  const auto record = load_json(folder_ / "o.json");
  EXPECT_EQ(record.at("results").size() + record.at("not_applicable").size(), 10U);
  EXPECT_EQ(record.at("results").at(0).at("protocol"), "binary");
}

TEST_F(Evaluate, ComparesTwoMethods) {
  ASSERT_EQ(anomaly("scores", {"--statistics", path("a.npz")}).exit_code, kDone);
  ASSERT_EQ(anomaly("worse", {"--statistics", path("b.npz")}).exit_code, kDone);
  const Ended ended = run_situ({"evaluate", "compare", path("a.npz"), path("b.npz"), "--resamples",
                                "50", "--json", path("c.json")});
  ASSERT_EQ(ended.exit_code, kDone) << ended.messages;
  const auto difference = load_json(folder_ / "c.json").at("differences").at("auroc");
  EXPECT_LT(difference.at("difference").get<double>(), 0);
  EXPECT_LT(difference.at("high").get<double>(), 0);
}

TEST_F(Evaluate, MeasuresClasses) {
  const Ended ended = run_situ({"evaluate", "semantic", "--predictions", path("labels"), "--labels",
                                path("labels"), "--label-set", "cityscapes-train-ids",
                                "--map-prediction", "1=0", "--json", path("o.json")});
  ASSERT_EQ(ended.exit_code, kDone) << ended.messages;
  const auto record = load_json(folder_ / "o.json");
  EXPECT_EQ(record.at("results").at(0).at("classes").at(1).at("iou"), 0);
  EXPECT_EQ(record.at("results").at(0).at("pixel_accuracy"), 102.0 / 120);
}

TEST_F(Evaluate, SaysWhatIsWrong) {
  EXPECT_NE(anomaly("scores", {"--protocol", "binry"}).exit_code, kDone);
  EXPECT_THAT(anomaly("scores", {"--protocol", "poc-acdc"}).messages,
              HasSubstr("no pixel of these labels counts"));
  save_npy(folder_ / "scores/3.npy", at::zeros({6, 8}));
  EXPECT_THAT(anomaly("scores", {}).messages, HasSubstr("no file for 3 of"));
  EXPECT_NE(run_situ({"evaluate", "anomaly", "--labels", path("labels")}).exit_code, kDone);
  EXPECT_NE(run_situ({"evaluate", "anomaly", "--labels", path("labels"), "--model", path("none"),
                      "--images", path("labels"), "--input-size", "12"})
                .exit_code,
            kDone);
}

}  // namespace
}  // namespace situ
