// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/run_ground.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "situ/cli/command.h"
#include "situ/core/errors.h"
#include "situ/imaging/run_length.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"
#include "situ/io/test_files.h"
#include "situ/tasks/fakes.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::put;

class RunGround : public ::testing::Test {
 protected:
  RunGround() {
    for (const char* name : {"a", "b"}) {
      save_png(folder_ / (std::string(name) + ".png"),
               fakes::noisy_scene(30, 40, static_cast<uint64_t>(name[0])));
    }
    settings_.arguments.prompt = "a dog. a cat.";
    boxes_ = {{"a dog", 0.7, {1.5, 2, 4, 5}}, {"a cat", 0.6, {10, 8, 20, 30}}};
  }

  GroundPlan plan(std::vector<fs::path> inputs = {}) const {
    if (inputs.empty()) inputs = {folder_.path()};
    return make_ground_plan(inputs, settings_, folder_ / "out");
  }

  int run(const GroundPlan& plan, const GroundRun& how = {}) {
    GroundModels models;
    models.detector = ModelIdentity{.name = "d", .folder = "d", .revision = revision_};
    models.load_detector = [this] {
      ++loaded_detectors_;
      return std::make_unique<fakes::FakeDetector>(fakes::give_boxes(boxes_));
    };
    models.load_segmenter = [this] {
      ++loaded_segmenters_;
      return std::make_unique<fakes::FakePromptableSegmenter>();
    };
    results_.str("");
    return run_ground(plan, models, how, results_);
  }

  nlohmann::json record(const std::string& stem) const {
    return load_json(folder_ / "out" / (stem + ".json"));
  }

  TemporaryFolder folder_;
  GroundSettings settings_;
  std::vector<DetectedBox> boxes_;
  std::string revision_ = "1";
  int loaded_detectors_ = 0;
  int loaded_segmenters_ = 0;
  std::ostringstream results_;
};

TEST_F(RunGround, WritesMasksAnOverlayAndARecordForEveryImage) {
  ASSERT_EQ(run(plan()), kDone);
  const nlohmann::json found = record("b").at("detections");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at("phrase"), "a dog");
  EXPECT_EQ(found[0].at("score"), 0.7);
  EXPECT_EQ(found[0].at("box_xyxy"), nlohmann::json({1.5, 2, 4, 5}));
  EXPECT_NEAR(found[0].at("predicted_iou").get<double>(), 0.8, 1e-6);
  EXPECT_EQ(found[1].at("mask"), "b_masks/1.png");
  const at::Tensor mask = load_labels(folder_ / "out" / "b_masks/1.png");
  EXPECT_EQ(mask.eq(255).sum().item<int64_t>(), 10 * 22);
  EXPECT_EQ(load_image(folder_ / "out" / "b_overlay.png").sizes(), (at::IntArrayRef{3, 30, 40}));
  EXPECT_EQ(loaded_detectors_, 1) << "for all images";
  EXPECT_THAT(results_.str(), HasSubstr("a cat, score 0.6, box 10 8 20 30"));
}

TEST_F(RunGround, LeavesWhatIsThereAndMakesWhatIsNot) {
  ASSERT_EQ(run(plan()), kDone);
  const auto written = fs::last_write_time(folder_ / "out/a.json");
  fs::remove(folder_ / "out/b_masks/0.png");
  boxes_.pop_back();
  ASSERT_EQ(run(plan()), kDone);
  EXPECT_EQ(fs::last_write_time(folder_ / "out/a.json"), written);
  EXPECT_EQ(record("a").at("detections").size(), 2U);
  EXPECT_EQ(record("b").at("detections").size(), 1U);
  EXPECT_FALSE(fs::exists(folder_ / "out/b_masks/1.png")) << "masks of the earlier run are gone";
  ASSERT_EQ(run(plan()), kDone);
  EXPECT_EQ(loaded_detectors_, 2) << "nothing was left to do";
  ASSERT_EQ(run(plan(), {.overwrite = true}), kDone);
  EXPECT_EQ(record("a").at("detections").size(), 1U);
}

TEST_F(RunGround, MakesAgainWhatOtherOptionsModelsImagesOrBrokenRecordsMade) {
  const auto makes_again = [this] {
    const int before = loaded_detectors_;
    EXPECT_EQ(run(plan({folder_ / "a.png"})), kDone);
    return loaded_detectors_ > before;
  };
  EXPECT_TRUE(makes_again());
  EXPECT_FALSE(makes_again());
  settings_.detection.box_threshold = 0.4;
  EXPECT_TRUE(makes_again());
  revision_ = "2";
  EXPECT_TRUE(makes_again());
  save_png(folder_ / "a.png", fakes::noisy_scene(30, 40, 99));
  EXPECT_TRUE(makes_again());
  put(folder_ / "out/a.json", "{\"format\":");
  EXPECT_TRUE(makes_again());
  put(folder_ / "out/a.json", "[]");
  EXPECT_TRUE(makes_again());
  EXPECT_FALSE(makes_again());
}

TEST_F(RunGround, WritesSeveralGuessesTheLikeliestFirst) {
  settings_.arguments.multimask = true;
  ASSERT_EQ(run(plan({folder_ / "a.png"})), kDone);
  const nlohmann::json dog = record("a").at("detections").at(0);
  ASSERT_EQ(dog.at("masks").size(), 3U);
  EXPECT_EQ(dog.at("mask"), dog.at("masks").at(0).at("mask"));
  EXPECT_GT(dog.at("masks").at(0).at("predicted_iou"), dog.at("masks").at(1).at("predicted_iou"));
  EXPECT_TRUE(fs::exists(folder_ / "out/a_masks/0_2.png"));
}

TEST_F(RunGround, KeepsMasksInTheRecordAsCocoDoes) {
  settings_.arguments.masks = MaskFormat::kRle;
  ASSERT_EQ(run(plan({folder_ / "a.png"})), kDone);
  const nlohmann::json mask = record("a").at("detections").at(1).at("mask");
  EXPECT_EQ(mask.at("size"), nlohmann::json({30, 40}));
  const RunLength runs = run_length_from_text(mask.at("counts").get<std::string>(), 30, 40);
  EXPECT_EQ(run_length_area(runs), 10 * 22);
  EXPECT_FALSE(fs::exists(folder_ / "out/a_masks"));
}

TEST_F(RunGround, StopsAfterTheDetectorWhereBoxesAreEnough) {
  settings_.arguments.boxes_only = true;
  ASSERT_EQ(run(plan()), kDone);
  EXPECT_EQ(loaded_segmenters_, 0);
  EXPECT_EQ(record("a").at("detections").at(0).at("mask"), nullptr);
}

TEST_F(RunGround, OutlinesGivenPlacesWithoutADetector) {
  settings_.arguments.prompt.reset();
  settings_.arguments.points = "5,5;20,10";
  ASSERT_EQ(run(plan({folder_ / "a.png"})), kDone);
  EXPECT_EQ(loaded_detectors_, 0);
  const nlohmann::json found = record("a").at("detections");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].at("phrase"), nullptr);
  EXPECT_EQ(found[1].at("box_xyxy"), nullptr);
  EXPECT_EQ(load_labels(folder_ / "out/a_masks/1.png").eq(255).sum().item<int64_t>(), 9);
}

TEST_F(RunGround, WritesAnEmptyRecordWhereNothingIsFound) {
  boxes_.clear();
  ASSERT_EQ(run(plan({folder_ / "a.png"})), kDone);
  EXPECT_EQ(record("a").at("detections"), nlohmann::json::array());
  EXPECT_EQ(loaded_segmenters_, 0);
}

TEST_F(RunGround, GoesOnAfterAnImageThatCannotBeRead) {
  put(folder_ / "aa.png", "no picture");
  EXPECT_EQ(run(plan(), {.json = true}), kFailed);
  const auto printed = nlohmann::json::parse(results_.str());
  EXPECT_EQ(printed.at("images").size(), 2U);
  EXPECT_EQ(printed.at("images").at(0).at("detections").size(), 2U);
  EXPECT_THAT(printed.at("failed").at(0).at("path").get<std::string>(), HasSubstr("aa.png"));
  EXPECT_FALSE(fs::exists(folder_ / "out/aa.json"));
}

TEST_F(RunGround, EndsWhereAModelCannotBeLoaded) {
  GroundModels models;
  int tries = 0;
  models.load_detector = [&]() -> std::unique_ptr<TextDetector> {
    ++tries;
    throw FileError("no weights");
  };
  EXPECT_THROW(run_ground(plan(), models, {}, results_), FileError);
  EXPECT_EQ(tries, 1) << "rather than once for every image";
}

}  // namespace
}  // namespace situ
