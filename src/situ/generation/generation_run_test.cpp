// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/generation_run.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/generation/claims.h"
#include "situ/generation/test_generation.h"
#include "situ/generation/verification.h"
#include "situ/generation/worker_name.h"
#include "situ/io/atomic_file.h"

namespace situ {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using Json = nlohmann::ordered_json;

class GenerationRun : public ::testing::Test {
 protected:
  GenerationRun() { testing::make_source(folder_ / "source", 6); }

  GenerationSummary run(const std::string& output, const GenerationSettings& settings = {}) {
    return testing::run_test_recipe(recipe_, folder_ / "source", folder_ / output, settings);
  }
  std::map<std::string, std::string> contents(const std::string& output) {
    return testing::contents_of(folder_ / output);
  }
  std::vector<Json> manifest(const std::string& output) {
    std::vector<Json> lines;
    std::ifstream file(folder_ / output / "manifest.jsonl");
    for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
    return lines;
  }
  std::string refusal(const std::string& output) {
    try {
      run(output);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporaryFolder folder_;
  Recipe recipe_ = testing::test_recipe();
};

TEST_F(GenerationRun, MakesEverySampleOrSaysWhyNot) {
  const GenerationSummary summary = run("out");
  EXPECT_TRUE(summary.complete);
  EXPECT_EQ(summary.samples, 12);
  EXPECT_EQ(summary.made, 12);
  EXPECT_EQ(summary.counts.total(), 12);
  EXPECT_GT(summary.counts.inserted, 0);
  const std::vector<Json> lines = manifest("out");
  ASSERT_EQ(lines.size(), 12u);
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["index"], i);
    const std::string object = lines[i]["objects"][0]["name"];
    // The fake segmenter never finds the car that nobody paints.
    EXPECT_EQ(lines[i]["status"], object == "car" ? "rejected" : "inserted") << lines[i].dump();
    EXPECT_EQ(lines[i]["files"].size(), object == "car" ? 0u : 4u);
    EXPECT_EQ(lines[i]["reason"] == "", object != "car");
  }
  EXPECT_THAT(contents("out"), Contains(Key("dataset.json")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out" / "run"));
}

TEST_F(GenerationRun, PutsTheObjectIntoPictureLabelsAndMaps) {
  run("out");
  for (const Json& line : manifest("out")) {
    if (line["status"] != "inserted") continue;
    const auto load = [&](const char* kind) {
      return load_labels(folder_ / "out" / line["files"][kind]["path"].get<std::string>());
    };
    const at::Tensor image =
        load_image(folder_ / "out" / line["files"]["image"]["path"].get<std::string>());
    const bool dog = line["objects"][0]["name"] == "dog";
    const at::Tensor object = image[dog ? 0 : 2].eq(255) & image[1].eq(0);
    EXPECT_TRUE(load("instances").eq(1).equal(object));
    EXPECT_TRUE(load("labels").eq(dog ? 100 : 101).equal(object));
    EXPECT_TRUE(load("anomaly").eq(1).equal(object));
    EXPECT_EQ(object.sum().item<int64_t>(), line["objects"][0]["area_px"]);
  }
}

TEST_F(GenerationRun, TakesTheHorizonOfEachImageFromItsLabels) {
  nlohmann::json json = testing::recipe_json();
  json["ground"] = {"road"};  // from row 24 of 72
  recipe_ = recipe_from_json(json, {}, "test.yaml");
  run("out");
  int inserted = 0;
  for (const Json& line : manifest("out")) {
    if (line["status"] != "inserted") continue;
    const std::vector<double> region = line["objects"][0]["region_xyxy"];
    const double share = (region[3] - 24) / (72 - 24);
    EXPECT_LE(region[3] - region[1], std::lround(20 * share));
    EXPECT_GE(region[3] - region[1], 8);
    ++inserted;
  }
  EXPECT_GT(inserted, 3);
}

TEST_F(GenerationRun, IsTheSameInAnyNumberOfParts) {
  run("whole");
  EXPECT_FALSE(run("parts", {.only = Shard{1, 3}}).complete);
  EXPECT_FALSE(run("parts", {.only = Shard{0, 3}}).complete);
  EXPECT_TRUE(run("parts", {.only = Shard{2, 3}}).complete);
  EXPECT_EQ(contents("whole"), contents("parts"));
}

TEST_F(GenerationRun, GrowsWithTheLimit) {
  run("whole");
  const GenerationSummary few = run("out", {.limit = 5});
  EXPECT_TRUE(few.complete);
  EXPECT_EQ(few.counts.total(), 5);
  EXPECT_EQ(manifest("out").size(), 5u);
  EXPECT_EQ(run("out", {.limit = 3}).made, 0);
  EXPECT_EQ(run("out").made, 7);
  EXPECT_EQ(contents("whole"), contents("out"));
}

TEST_F(GenerationRun, DoesNothingWhereAllIsDone) {
  run("out");
  const auto before = contents("out");
  EXPECT_EQ(run("out").made, 0);
  EXPECT_EQ(contents("out"), before);
}

TEST_F(GenerationRun, ClearsAwayWhatARunLeftThatWasKilledAtItsEnd) {
  run("out");
  const auto before = contents("out");
  std::filesystem::create_directories(folder_ / "out" / "run" / "journals");
  write_file(folder_ / "out" / "run" / "journals" / "a.jsonl", "{}");
  run("out");
  EXPECT_EQ(contents("out"), before);
}

TEST_F(GenerationRun, ClearsAwayTheManifestThatAKilledRunHadBegun) {
  run("whole");
  run("out", {.only = Shard{0, 2}});
  std::ofstream(folder_ / "out" / ".situ-4711-0.tmp") << "{\"index\": 0";
  run("out");
  EXPECT_EQ(contents("out"), contents("whole"));
}

TEST_F(GenerationRun, RefusesAFolderOfAnotherRunAndShowsTheDifference) {
  run("out");
  const auto before = contents("out");
  recipe_.plan.seed = 8;
  EXPECT_THAT(refusal("out"), HasSubstr("recipe/plan/seed: 7, now 8"));
  EXPECT_EQ(contents("out"), before);
  write_file(folder_ / "thesis.txt", "mine");
  std::filesystem::create_directory(folder_ / "home");
  write_file(folder_ / "home" / "thesis.txt", "mine");
  EXPECT_THAT(refusal("home"), HasSubstr("thesis.txt"));
}

TEST_F(GenerationRun, CountsUnreadableImagesAndRetriesThemWhenAsked) {
  const std::filesystem::path image = folder_ / "source" / "val" / "images" / "frame_1002.png";
  const std::string bytes = testing::contents_of(folder_ / "source")["val/images/frame_1002.png"];
  run("whole");
  write_file(image, bytes.substr(0, bytes.size() / 2));
  const GenerationSummary broken = run("out");
  EXPECT_TRUE(broken.complete);
  EXPECT_EQ(broken.counts.failed, 2);
  EXPECT_THAT(manifest("out")[4]["reason"].get<std::string>(), HasSubstr("frame_1002.png"));
  EXPECT_EQ(run("out").made, 0) << "only when asked";
  write_file(image, bytes);
  const GenerationSummary mended = run("out", {.retry_failed = true});
  EXPECT_EQ(mended.made, 2);
  EXPECT_EQ(mended.counts.failed, 0);
  EXPECT_EQ(contents("whole"), contents("out"));
}

TEST_F(GenerationRun, RetriesBeforeTheRestIsDoneToo) {
  const std::filesystem::path image = folder_ / "source" / "val" / "images" / "frame_1000.png";
  const std::string bytes = testing::contents_of(folder_ / "source")["val/images/frame_1000.png"];
  run("whole");
  write_file(image, "no picture");
  run("out", {.only = Shard{0, 2}});
  write_file(image, bytes);
  EXPECT_EQ(run("out", {.retry_failed = true}).counts.failed, 0);
  EXPECT_EQ(contents("whole"), contents("out"));
}

TEST_F(GenerationRun, MakesAModelsErrorAFailureButStopsWithoutMemory) {
  const Dataset dataset = open_dataset("camvid", folder_ / "source", "val");
  const GenerationPlan plan(recipe_, dataset);
  const auto run_with = [&](const std::string& output, const SampleMaker& make) {
    return run_generation(plan, {{"recipe", "x"}}, folder_ / output, make, {});
  };
  const GenerationSummary failed =
      run_with("failed", [](const PlannedSample&, const SampleSource&) -> MadeSample {
        throw std::runtime_error("the model is ill");
      });
  EXPECT_EQ(failed.counts.failed, 12);
  EXPECT_EQ(manifest("failed")[0]["reason"], "the model is ill");

  testing::FakeModels models;
  InsertionMaker maker(recipe_, models.inpainter, models.segmenter);
  int calls = 0;
  const SampleMaker often_out_of_memory = [&](const PlannedSample& planned,
                                              const SampleSource& source) {
    if (++calls % 4 == 0) throw std::bad_alloc();
    return maker.make(planned, source);
  };
  const SampleMaker healthy = [&](const PlannedSample& planned, const SampleSource& source) {
    return maker.make(planned, source);
  };
  run_with("whole", healthy);
  int runs = 0;
  for (bool complete = false; !complete && runs < 20; ++runs) {
    try {
      complete = run_with("out", often_out_of_memory).complete;
    } catch (const std::bad_alloc&) {
    }
  }
  EXPECT_GT(runs, 2);
  EXPECT_EQ(contents("whole"), contents("out"));
}

TEST_F(GenerationRun, IgnoresATornLineOfAKilledWorker) {
  run("whole");
  run("out", {.only = Shard{0, 2}});
  const std::filesystem::path journals = folder_ / "out" / "run" / "journals";
  for (const auto& entry : std::filesystem::directory_iterator(journals)) {
    std::ofstream(entry.path(), std::ios::app)
        << R"({"index":11,"id":"frame_1005#1","status":"ins)";
  }
  run("out");
  EXPECT_EQ(contents("whole"), contents("out"));
}

TEST_F(GenerationRun, TakesOverWhatALostWorkerHadTaken) {
  run("whole");
  const std::filesystem::path claims = folder_ / "out" / "run" / "claims";
  GenerationSettings settings{.only = Shard{0, 2}};
  run("out", settings);
  // A worker on another machine that stopped long ago: its file has not been touched since.
  write_file(claims / "piece-1", "elsewhere-4711-abc");
  write_file(claims / "elsewhere-4711-abc", "");
  std::filesystem::last_write_time(
      claims / "elsewhere-4711-abc",
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_TRUE(run("out").complete);
  EXPECT_EQ(contents("whole"), contents("out"));
}

TEST(Claims, BelongToOneWorkerWhileItLives) {
  const TemporaryFolder folder;
  Claims first(folder.path(), "elsewhere-1-a", std::chrono::seconds(60));
  Claims second(folder.path(), "elsewhere-2-b", std::chrono::seconds(60));
  EXPECT_TRUE(first.take(3));
  EXPECT_TRUE(first.take(3));
  EXPECT_FALSE(second.take(3));
  EXPECT_TRUE(second.take(4));
}

TEST(WorkerName, SaysWhetherItsProcessIsGone) {
  const std::string own = new_worker_name();
  EXPECT_NE(own, new_worker_name());
  EXPECT_FALSE(worker_has_ended(own));
  EXPECT_FALSE(worker_has_ended("elsewhere-1-a"));
  EXPECT_FALSE(worker_has_ended(""));
  const std::string host = own.substr(0, own.rfind('-', own.rfind('-') - 1));
  EXPECT_TRUE(worker_has_ended(host + "-4194399-a")) << "above the largest process number";
}

class Verification : public GenerationRun {
 protected:
  Verification() { run("out"); }

  std::vector<Problem> problems() {
    return verify_dataset(folder_ / "out", folder_ / "source").problems;
  }
};

TEST_F(Verification, FindsNothingInAGoodDataset) {
  const VerificationReport report = verify_dataset(folder_ / "out", folder_ / "source");
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.counts.total(), 12);
  EXPECT_EQ(report.files, 4 * report.counts.inserted);
}

TEST_F(Verification, NamesTheFileInWhichAByteWasChanged) {
  for (const auto& [path, bytes] : contents("out")) {
    SCOPED_TRACE(path);
    for (const size_t at : {size_t{0}, bytes.size() / 3, bytes.size() - 1}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      write_file(folder_ / "out" / path, changed);
      if (path == "dataset.json") {
        EXPECT_THROW(problems(), DataError) << at;
      } else {
        bool named = false;
        for (const Problem& one : problems()) named = named || one.file == path;
        EXPECT_TRUE(named) << at;
      }
      write_file(folder_ / "out" / path, bytes);
    }
  }
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Verification, MissesFilesAndFindsStrangers) {
  const std::string path = manifest("out")[0]["files"].empty()
                               ? manifest("out")[1]["files"]["labels"]["path"]
                               : manifest("out")[0]["files"]["labels"]["path"];
  std::filesystem::remove(folder_ / "out" / path);
  write_file(folder_ / "out" / "val" / "images" / "stranger.png", "x");
  std::vector<std::string> named;
  for (const Problem& one : problems()) named.push_back(one.file);
  EXPECT_THAT(named, Contains(path));
  EXPECT_THAT(named, Contains("val/images/stranger.png"));
}

TEST_F(Verification, ComparesWithTheSource) {
  at::Tensor scene = load_image(folder_ / "source" / "val" / "images" / "frame_1001.png");
  scene[0][0][0] = scene[0][0][0] ^ 1;
  save_png(folder_ / "source" / "val" / "images" / "frame_1001.png", scene);
  bool named = false;
  for (const Problem& one : problems()) named = named || one.file == "val/images/frame_1001.png";
  EXPECT_TRUE(named);
}

TEST_F(Verification, RefusesADatasetThatIsNotFinished) {
  run("half", {.only = Shard{0, 2}});
  EXPECT_THROW(verify_dataset(folder_ / "half", std::nullopt), std::invalid_argument);
  EXPECT_THROW(verify_dataset(folder_ / "source", std::nullopt), FileError);
}

}  // namespace
}  // namespace situ
