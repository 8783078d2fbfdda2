// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/run_insert.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "situ/cli/command.h"
#include "situ/cli/insertion_outputs.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"
#include "situ/io/sha256.h"
#include "situ/io/test_files.h"
#include "situ/tasks/fakes.h"

namespace situ {
namespace {

using fakes::FakeInpainter;
using fakes::FakeSegmenter;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

constexpr fakes::Rgb kRed{255, 0, 0};
constexpr fakes::Rgb kGray{90, 90, 90};

const ModelIdentities kModels{.inpainter = {"fake", "models/fake", "0123456789ab", {{"a", "b"}}},
                              .segmenter = {"fake", "models/fake", "ba9876543210", {}}};

InsertSettings dog() {
  InsertSettings settings;
  settings.arguments.object = {"dog"};
  settings.insertion.region.min_side = 16;
  settings.insertion.region.max_side = 32;
  return settings;
}

// A disc of the object's colour on noise of the seed.
at::Tensor paint_on_noise(const fakes::InpaintCall& call) {
  fakes::InpaintCall noisy = call;
  noisy.image = fakes::paint_noise()(call);
  const bool is_dog = call.prompt.find("dog") != std::string::npos;
  return fakes::paint_disc(is_dog ? kRed : fakes::Rgb{0, 0, 255})(noisy);
}

struct RunResult {
  int exit_code = -1;
  std::string output;
};

class RunInsert : public ::testing::Test {
 protected:
  std::filesystem::path image(const std::string& name, int64_t height = 64, int64_t width = 80) {
    at::Tensor scene = fakes::plain_scene(height, width, kGray);
    // No two images are the same file.
    scene[0][0][0] = static_cast<int>(std::hash<std::string>()(name) % 80);
    save_png(folder_ / name, scene);
    return folder_ / name;
  }

  RunResult run(const std::vector<std::filesystem::path>& inputs, const InsertSettings& settings,
                const std::string& output = "out", ResultFormat format = ResultFormat::kLines) {
    const InsertPlan plan = make_insert_plan(inputs, settings, folder_ / output);
    const std::vector<CheckedImage> images = check_inputs(plan);
    prepare_output_folder(plan);
    FakeInpainter inpainter(painter_);
    std::ostringstream results;
    const int exit_code =
        run_insert(plan, images, {inpainter, segmenter_, kModels}, format, results);
    return {exit_code, results.str()};
  }

  nlohmann::json record(const std::string& name) { return load_json(folder_ / name); }

  // The bytes of every file below a folder, records without their times and paths.
  std::map<std::string, std::string> contents(const std::string& output) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / output)) {
      std::string text = read_file(entry.path());
      if (entry.path().extension() == ".json") {
        nlohmann::json json = nlohmann::json::parse(text);
        for (auto& object : json["objects"]) {
          for (auto& attempt : object["attempts"]) attempt.erase("seconds");
        }
        text = json.dump();
      }
      all[entry.path().filename()] = text;
    }
    return all;
  }

  TemporaryFolder folder_;
  fakes::Painter painter_ = fakes::paint_disc(kRed);
  FakeSegmenter segmenter_{
      fakes::find_color({{"dog", kRed}, {"cat", {0, 0, 255}}, {"the road", kGray}})};
};

TEST_F(RunInsert, WritesTheImageItsObjectsAndTheRecord) {
  const auto input = image("street.png");
  const RunResult done = run({input}, dog());
  EXPECT_EQ(done.exit_code, kDone);
  EXPECT_THAT(done.output, AllOf(HasSubstr("out/street.png\n"), HasSubstr("  1 dog: inserted at "),
                                 HasSubstr("score 0.90, attempt 1\n")));

  const at::Tensor before = load_image(input);
  const at::Tensor after = load_image(folder_ / "out/street.png");
  const at::Tensor objects = load_labels(folder_ / "out/street_objects.png");
  EXPECT_EQ(after.sizes(), before.sizes());
  EXPECT_EQ(objects.scalar_type(), at::kByte);
  EXPECT_EQ(objects.max().item<int>(), 1);
  EXPECT_TRUE(after[0].masked_select(objects.eq(1)).eq(255).all().item<bool>());

  const nlohmann::json all = record("out/street.json");
  EXPECT_EQ(all["format"], "situ insertion record");
  EXPECT_EQ(all["version"], 1);
  EXPECT_EQ(all["input"]["path"], input.string());
  EXPECT_EQ(all["input"]["sha256"], sha256_of_file(input));
  EXPECT_EQ(all["input"]["width"], 80);
  EXPECT_EQ(all["input"]["height"], 64);
  EXPECT_EQ(all["models"]["inpainter"]["revision"], "0123456789ab");
  EXPECT_EQ(all["models"]["inpainter"]["weights"][0]["sha256"], "b");
  EXPECT_EQ(all["options"]["min_side"], 16);
  EXPECT_EQ(all["options"]["attempts"], 5);
  EXPECT_EQ(all["seed"], 0);
  const nlohmann::json& one = all["objects"][0];
  EXPECT_EQ(one["status"], "inserted");
  EXPECT_EQ(one["prompt"], "A good photo of a dog");
  EXPECT_EQ(one["mask_area_px"], objects.eq(1).sum().item<int64_t>());
  EXPECT_EQ(one["score"], 0.9);
  EXPECT_EQ(one["attempts"][0]["outcome"], "inserted");
  EXPECT_GT(one["attempts"][0]["seed"], 0);
  const Box box = *bounding_box(objects.eq(1));
  EXPECT_EQ(one["bbox_xyxy"], (nlohmann::json{box.x0, box.y0, box.x1, box.y1}));
  EXPECT_EQ(one["region_xyxy"].size(), 4u);
}

TEST_F(RunInsert, GivesTheSameBytesInAnyOrderAndNumberOfImages) {
  const auto a = image("a.png");
  const auto b = image("b.png", 48, 64);
  InsertSettings settings = dog();
  settings.arguments.object = {"dog", "cat"};
  settings.arguments.keep = {"alpha,crop,mask,valid,sheet"};
  settings.arguments.seed = 3;
  painter_ = paint_on_noise;
  settings.insertion.max_attempts = 2;
  run({a, b}, settings, "forward");
  run({b, a}, settings, "backward");
  run({a}, settings, "alone");
  run({b}, settings, "alone");
  EXPECT_EQ(contents("forward"), contents("backward"));
  EXPECT_EQ(contents("forward"), contents("alone"));
  EXPECT_EQ(record("forward/a.json")["objects"][1]["status"], "inserted");
  EXPECT_GE(contents("forward").size(), 20u);
}

TEST_F(RunInsert, ChangesWithTheSeed) {
  const auto input = image("a.png");
  InsertSettings settings = dog();
  run({input}, settings, "one");
  settings.arguments.seed = 1;
  run({input}, settings, "two");
  EXPECT_NE(contents("one").at("a.png"), contents("two").at("a.png"));
}

TEST_F(RunInsert, KeepsWhatIsAskedFor) {
  InsertSettings settings = dog();
  settings.arguments.keep = {"alpha,crop,mask,valid,sheet"};
  EXPECT_EQ(run({image("a.png")}, settings).exit_code, kDone);
  const at::Tensor objects = load_labels(folder_ / "out/a_objects.png");
  EXPECT_TRUE(load_labels(folder_ / "out/a_1_mask.png").eq(255).equal(objects.eq(1)));
  const at::Tensor alpha = load_labels(folder_ / "out/a_1_alpha.png");
  EXPECT_TRUE(alpha.masked_select(objects.eq(1)).eq(255).all().item<bool>());
  EXPECT_EQ(load_image(folder_ / "out/a_1_crop.png").size(0), 3);
  EXPECT_EQ(load_labels(folder_ / "out/a_valid.png").eq(0).sum().item<int64_t>(), 1)
      << "all but the pixel that is no road";
  EXPECT_GT(load_image(folder_ / "out/a_sheet.png").size(2), 5 * 128);
  EXPECT_THAT(record("out/a.json")["files"].get<std::vector<std::string>>(),
              ::testing::ElementsAre("a.png", "a_objects.png", "a_1_crop.png", "a_1_alpha.png",
                                     "a_1_mask.png", "a_valid.png", "a_sheet.png"));
}

TEST_F(RunInsert, UsesSixteenBitsForMoreThan255Objects) {
  InsertSettings settings = dog();
  settings.arguments.object.assign(256, "dog");
  settings.insertion.max_attempts = 1;
  EXPECT_EQ(run({image("a.png", 32, 32)}, settings).exit_code, kFinishedWithFailures);
  EXPECT_EQ(load_labels(folder_ / "out/a_objects.png").scalar_type(), at::kInt);
}

TEST_F(RunInsert, PrintsTheRecordsAsJson) {
  const RunResult done = run({image("a.png"), image("b.png"), folder_ / "missing.png"}, dog(),
                             "out", ResultFormat::kJson);
  EXPECT_EQ(done.exit_code, kFailed);
  const nlohmann::json all = nlohmann::json::parse(done.output);
  ASSERT_EQ(all["images"].size(), 2u);
  EXPECT_EQ(all["images"][0], record("out/a.json"));
  EXPECT_EQ(all["failed"][0]["path"], (folder_ / "missing.png").string());
  EXPECT_THAT(all["failed"][0]["reason"], HasSubstr("missing.png: cannot be read"));
}

TEST_F(RunInsert, FinishesWithFailuresWhenAnObjectNeverAppears) {
  painter_ = fakes::paint_nothing();
  const RunResult done = run({image("a.png")}, dog());
  EXPECT_EQ(done.exit_code, kFinishedWithFailures);
  EXPECT_THAT(done.output, HasSubstr("dog: rejected after 5 attempts: "));
  EXPECT_TRUE(load_image(folder_ / "out/a.png").equal(load_image(folder_ / "a.png")));
  const nlohmann::json one = record("out/a.json")["objects"][0];
  EXPECT_EQ(one["status"], "rejected");
  EXPECT_EQ(one["attempts"].size(), 5u);
  EXPECT_EQ(one["bbox_xyxy"], nullptr);
  EXPECT_EQ(one["mask_area_px"], 0);
}

TEST_F(RunInsert, FinishesWithFailuresWhenThePlaceIsNotInTheImage) {
  const auto input = image("a.png");
  save_png(folder_ / "green.png", fakes::plain_scene(64, 80, {0, 200, 0}));
  const RunResult done = run({folder_ / "green.png", input}, dog());
  EXPECT_EQ(done.exit_code, kFinishedWithFailures);
  EXPECT_THAT(done.output, HasSubstr("dog: no_room: nothing was found for 'the road'"));
  EXPECT_EQ(record("out/green.json")["objects"][0]["status"], "no_room");
  EXPECT_EQ(record("out/a.json")["objects"][0]["status"], "inserted");
}

TEST_F(RunInsert, FinishesWithFailuresWhenAModelFails) {
  painter_ = fakes::fail_to_paint("the network is upset");
  const RunResult done = run({image("a.png")}, dog());
  EXPECT_EQ(done.exit_code, kFinishedWithFailures);
  EXPECT_THAT(done.output, HasSubstr("failed after 5 attempts: the network is upset"));
}

TEST_F(RunInsert, LetsAnUnknownPromptPass) {
  InsertSettings settings = dog();
  settings.arguments.object = {"unicorn"};
  const auto input = image("a.png");
  EXPECT_THAT(message_of<UnknownPrompt>([&] { run({input}, settings); }), HasSubstr("unicorn"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/a.json"));
}

TEST_F(RunInsert, RemovesAnOlderRecordBeforeItReplacesTheImage) {
  const auto input = image("a.png");
  run({input}, dog());
  std::filesystem::remove(folder_ / "out/a_objects.png");
  std::filesystem::create_directories(folder_ / "out/a_objects.png/x");  // cannot be written
  EXPECT_ANY_THROW(run({input}, dog()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/a.json"));
}

TEST_F(RunInsert, ReportsUnusableImagesAndDoesTheOthers) {
  put(folder_ / "cut.png", read_file(image("whole.png")).substr(0, 60));
  put(folder_ / "text.jpg", "no picture");
  std::filesystem::create_directories(folder_ / "folder");
  save_png(folder_ / "thin.png", fakes::plain_scene(1, 90, kGray));
  const std::vector<std::filesystem::path> inputs{folder_ / "cut.png",  folder_ / "missing.png",
                                                  folder_ / "text.jpg", folder_ / "folder/",
                                                  folder_ / "thin.png", image("good.png")};
  const std::vector<CheckedImage> checked =
      check_inputs(make_insert_plan(inputs, dog(), folder_ / "out"));
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_THAT(checked[i].problem, HasSubstr(checked[i].image.input.filename().string()));
  }
  EXPECT_THAT(checked[3].problem, HasSubstr("directory"));
  EXPECT_THAT(checked[4].problem, HasSubstr("is 90 x 1 pixels"));
  EXPECT_EQ(checked[5].problem, "");
  EXPECT_EQ(run(inputs, dog()).exit_code, kFailed);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/good.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/cut.json"));
}

TEST_F(RunInsert, RefusesRegionLimitsThatDoNotFitIntoAnImageBeforeAnyWork) {
  InsertSettings settings = dog();
  settings.insertion.region.max_side = 4000;
  const InsertPlan plan = make_insert_plan({image("a.png")}, settings, folder_ / "out");
  EXPECT_THAT(message_of<std::invalid_argument>([&] { check_inputs(plan); }),
              AllOf(HasSubstr("a.png: "), HasSubstr("max_side")));
}

TEST_F(RunInsert, RefusesLimitsWithoutAChoiceInCompatMode) {
  InsertSettings settings = dog();
  settings.insertion.region.max_side = 16;
  settings.insertion.compat = Compat::kPoc;
  const InsertPlan plan = make_insert_plan({image("a.png")}, settings, folder_ / "out");
  EXPECT_THROW(check_inputs(plan), std::invalid_argument);
}

TEST_F(RunInsert, FollowsTheOriginalInCompatMode) {
  InsertSettings settings = dog();
  settings.insertion.compat = Compat::kPoc;
  settings.arguments.seed = 11;
  EXPECT_EQ(run({image("a.png")}, settings).exit_code, kDone);
  EXPECT_EQ(record("out/a.json")["objects"][0]["attempts"][0]["seed"], 11);
}

TEST_F(RunInsert, PutsObjectsOntoTheMask) {
  at::Tensor mask = at::zeros({64, 80}, at::kByte);
  mask.narrow(1, 40, 40).fill_(1);
  save_png(folder_ / "a_mask.png", mask);
  InsertSettings settings = dog();
  settings.arguments.valid_mask = (folder_ / "{stem}_mask.png").string();
  settings.insertion.region.min_overlap = 1;
  EXPECT_EQ(run({image("a.png")}, settings).exit_code, kDone);
  EXPECT_GE(record("out/a.json")["objects"][0]["region_xyxy"][0], 40);
}

TEST_F(RunInsert, PutsObjectsOntoLabels) {
  at::Tensor labels = at::zeros({64, 80}, at::kInt);
  labels.narrow(1, 0, 40).fill_(300);
  save_png(folder_ / "wide.png", labels);
  save_png(folder_ / "narrow.png", labels.clamp_max(7).to(at::kByte));
  const auto input = image("a.png");
  InsertSettings settings = dog();
  settings.insertion.region.min_overlap = 1;
  settings.arguments.valid_labels = (folder_ / "wide.png").string() + ":300";
  EXPECT_EQ(run({input}, settings, "wide").exit_code, kDone);
  settings.arguments.valid_labels = (folder_ / "narrow.png").string() + ":7";
  EXPECT_EQ(run({input}, settings, "narrow").exit_code, kDone);
  EXPECT_LE(record("wide/a.json")["objects"][0]["region_xyxy"][2], 40);
  EXPECT_EQ(record("wide/a.json")["objects"], [&] {
    nlohmann::json other = record("narrow/a.json")["objects"];
    other[0]["attempts"] = record("wide/a.json")["objects"][0]["attempts"];
    return other;
  }());
  settings.arguments.valid_labels = (folder_ / "narrow.png").string() + ":9";
  EXPECT_EQ(run({input}, settings, "none").exit_code, kFinishedWithFailures);
  EXPECT_EQ(record("none/a.json")["objects"][0]["reason"], "no pixel has a label of {9}");
}

TEST_F(RunInsert, ReportsMasksAndLabelsThatDoNotFitTheImage) {
  save_png(folder_ / "small.png", at::ones({3, 3}, at::kByte));
  const auto input = image("a.png");
  const auto problem_with = [&](const InsertSettings& settings) {
    return check_inputs(make_insert_plan({input}, settings, folder_ / "out")).at(0).problem;
  };
  InsertSettings settings = dog();
  settings.arguments.valid_mask = (folder_ / "small.png").string();
  EXPECT_THAT(problem_with(settings), HasSubstr("expected the image's size, 80 x 64, got 3 x 3"));
  settings.arguments.valid_mask = (folder_ / "missing.png").string();
  EXPECT_THAT(problem_with(settings), HasSubstr("missing.png: cannot be read"));
  settings.arguments.valid_mask.reset();
  settings.arguments.valid_labels = (folder_ / "small.png").string() + ":1";
  EXPECT_THAT(problem_with(settings), HasSubstr("expected the image's size"));
  save_png(folder_ / "labels.png", at::ones({64, 80}, at::kByte));
  settings.arguments.valid_labels = (folder_ / "labels.png").string() + ":256";
  EXPECT_THAT(problem_with(settings), HasSubstr("8-bit labels, which cannot be 256"));
}

TEST_F(RunInsert, RefusesAnOutputFolderThatCannotBeMade) {
  put(folder_ / "file", "");
  const auto input = image("a.png");
  EXPECT_THAT(message_of<FileError>([&] { run({input}, dog(), "file"); }),
              HasSubstr("file: cannot be used as the output folder"));
  EXPECT_THROW(run({input}, dog(), "file/sub"), FileError);
  EXPECT_EQ(std::filesystem::file_size(folder_ / "file"), 0u);
}

TEST_F(RunInsert, LeavesNothingInTheOutputFolderBeforeTheFirstResult) {
  const InsertPlan plan = make_insert_plan({image("a.png")}, dog(), folder_ / "out/deep");
  prepare_output_folder(plan);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "out/deep"));
}

TEST_F(RunInsert, RecordsFileNamesThatAreNotUtf8) {
  const RunResult done = run({image("caf\xE9.png")}, dog(), "out", ResultFormat::kJson);
  EXPECT_EQ(done.exit_code, kDone);
  EXPECT_THAT(nlohmann::json::parse(done.output)["images"][0]["input"]["path"],
              HasSubstr("caf\xEF\xBF\xBD.png"));
}

TEST_F(RunInsert, PlansWithoutWritingAnything) {
  const InsertPlan plan =
      make_insert_plan({image("a.png"), folder_ / "missing.png"}, dog(), folder_ / "out");
  const std::vector<CheckedImage> images = check_inputs(plan);
  std::ostringstream lines;
  print_plan(plan, images, kModels, ResultFormat::kLines, lines);
  EXPECT_THAT(lines.str(), AllOf(HasSubstr("nothing is written"),
                                 HasSubstr("'A good photo of a dog'"), HasSubstr("'the road'"),
                                 HasSubstr("revision 0123456789ab"), HasSubstr("min_side=16"),
                                 HasSubstr("a.png (80 x 64) -> "), HasSubstr("out/a_objects.png")));
  std::ostringstream text;
  print_plan(plan, images, kModels, ResultFormat::kJson, text);
  const nlohmann::json json = nlohmann::json::parse(text.str());
  EXPECT_EQ(json["images"][0]["files"].size(), 3u);
  EXPECT_EQ(json["failed"].size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

}  // namespace
}  // namespace situ
