// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "situ/cli/command.h"
#include "situ/cli/generation_workers.h"
#include "situ/cli/recipe_file.h"
#include "situ/cli/slurm_script.h"
#include "situ/cli/test_command.h"
#include "situ/core/temporary_folder.h"
#include "situ/generation/test_generation.h"

namespace situ {
namespace {

using ::testing::Contains;
using testing::Ended;
using ::testing::HasSubstr;
using testing::run_situ;

// A variable of the environment for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

TEST(ParseShard, ReadsAShareAndNothingElse) {
  EXPECT_EQ(parse_shard("0/4").index, 0);
  EXPECT_EQ(parse_shard("3/4").count, 4);
  for (const char* wrong : {"", "1", "4/4", "-1/4", "1/0", "1/4x", "x1/4", "1//4"}) {
    EXPECT_THROW(parse_shard(wrong), std::invalid_argument) << wrong;
  }
}

TEST(ShardOfEnvironment, UnderstandsLaunchers) {
  EXPECT_EQ(shard_of_environment().count, 1);
  {
    const Variable rank("RANK", "2");
    EXPECT_EQ(shard_of_environment().count, 1) << "a rank without a world is none";
    const Variable world("WORLD_SIZE", "8");
    EXPECT_EQ(shard_of_environment().index, 2);
    EXPECT_EQ(shard_of_environment().count, 8);
  }
  const Variable task("SLURM_ARRAY_TASK_ID", "12");
  const Variable first("SLURM_ARRAY_TASK_MIN", "10");
  const Variable count("SLURM_ARRAY_TASK_COUNT", "4");
  EXPECT_EQ(shard_of_environment().index, 2);
  EXPECT_EQ(shard_of_environment().count, 4);
  const Variable broken("SLURM_ARRAY_TASK_COUNT", "four");
  EXPECT_THROW(shard_of_environment(), std::invalid_argument);
}

TEST(SlurmScript, QuotesWhatAShellWouldRead) {
  const std::string script =
      slurm_script("/opt/my situ/bin/situ", {"generate", "--root", "it's $HOME"}, "a b;c", 16);
  EXPECT_THAT(script, HasSubstr("#SBATCH --array=0-15\n"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --job-name=situ-a-b-c\n"));
  EXPECT_THAT(script, HasSubstr("'/opt/my situ/bin/situ' 'generate' '--root' 'it'\\''s $HOME'\n"));
}

class Generate : public ::testing::Test {
 protected:
  Generate() { testing::make_source(folder_ / "source", 2); }

  Ended generate(std::vector<std::string> more) {
    std::vector<std::string> arguments{"generate", "--root", folder_ / "source", "--output",
                                       folder_ / "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_situ(arguments);
  }
  std::string recipe(const std::string& text) {
    std::ofstream(folder_ / "recipe.yaml") << text;
    return folder_ / "recipe.yaml";
  }

  TemporaryFolder folder_;
};

TEST_F(Generate, SaysWhatIsWrongWithTheCommand) {
  const auto expect_usage = [&](std::vector<std::string> arguments, const char* message) {
    const Ended ended = generate(std::move(arguments));
    EXPECT_EQ(ended.exit_code, kUsage);
    EXPECT_THAT(ended.messages, HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  };
  expect_usage({"--recipe", "camvid-pok"}, "did you mean 'camvid-poc'");
  expect_usage({}, "--recipe");
  expect_usage({"--recipe", "camvid-poc", "--shard", "2/2"}, "--shard");
  expect_usage({"--recipe", "camvid-poc", "--workers", "0"}, "workers");
  expect_usage({"--recipe", "camvid-poc", "--limit", "-1"}, "limit");
  expect_usage({"--recipe", "camvid-poc", "--submit"}, "--slurm");
  expect_usage({"--recipe", recipe("name: x\nsource: {dataset: camvid}\nobjcts: []\n")}, "objects");
  expect_usage({"--recipe", recipe("name: x\nsource: {dataset: camvid}\n"
                                   "detection: {box_threshold: 0.4}\n"
                                   "objects: [{name: dog, id: 200}]\n")},
               "mini has no detector");
  expect_usage({"--recipe", recipe("name: x\nsource: {dataset: camvid}\nmethod: {kind: stitch}\n"
                                   "objects: [{name: thing, id: 200}]\n")},
               "--objects-root");
}

TEST_F(Generate, NeedsTheDatasetOfTheRecipe) {
  const Ended ended =
      generate({"--recipe", "acdc-poc", "--inpainter", "mini", "--segmenter", "mini"});
  EXPECT_EQ(ended.exit_code, kFailed);
  EXPECT_THAT(ended.messages, HasSubstr("acdc"));
}

TEST_F(Generate, StitchesAWholeDatasetWithoutAModel) {
  testing::make_source(folder_ / "objects", 3);
  const std::string stitch = recipe(
      "name: x\nsource: {dataset: camvid, split: val}\n"
      "method: {kind: stitch, objects: camvid, objects_split: val, min_image_side: 20, scales: "
      "[0.3]}\n"
      "objects: [{name: thing, id: 200, place: anywhere}]\n");
  // Nothing in these labels is a thing that could be cut out but what the test puts there.
  at::Tensor labels = load_labels(folder_ / "objects" / "val" / "labels" / "frame_1001.png");
  labels.slice(0, 30, 50).slice(1, 10, 40).fill_(8);  // a car
  save_png(folder_ / "objects" / "val" / "labels" / "frame_1001.png", labels);
  const std::vector<std::string> arguments{"--recipe", stitch, "--objects-root",
                                           folder_ / "objects", "--json"};
  const Ended ended = generate(arguments);
  EXPECT_EQ(ended.exit_code, kDone) << ended.messages;
  EXPECT_THAT(ended.results, HasSubstr("\"inserted\": 2"));
  const Ended verified = run_situ({"verify", folder_ / "out", "--root", folder_ / "source"});
  EXPECT_EQ(verified.exit_code, kDone) << verified.results;
  const Ended page = run_situ({"report", folder_ / "out"});
  EXPECT_EQ(page.exit_code, kDone) << page.messages;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out.html"));

  // The same folder with another recipe is left alone.
  const auto before = testing::contents_of(folder_ / "out");
  std::vector<std::string> other = arguments;
  other[1] = recipe(
      "name: x\nsource: {dataset: camvid, split: val}\nplan: {seed: 2}\n"
      "method: {kind: stitch, objects: camvid, objects_split: val, min_image_side: 20, scales: "
      "[0.3]}\n"
      "objects: [{name: thing, id: 200, place: anywhere}]\n");
  const Ended refused = generate(other);
  EXPECT_EQ(refused.exit_code, kUsage);
  EXPECT_THAT(refused.messages, HasSubstr("plan/seed: 1, now 2"));
  EXPECT_EQ(testing::contents_of(folder_ / "out"), before);
}

TEST_F(Generate, CountsWhatCannotBeRead) {
  testing::make_source(folder_ / "objects", 1);
  at::Tensor labels = load_labels(folder_ / "objects" / "val" / "labels" / "frame_1000.png");
  labels.slice(0, 30, 50).slice(1, 10, 40).fill_(8);
  save_png(folder_ / "objects" / "val" / "labels" / "frame_1000.png", labels);
  std::ofstream(folder_ / "source" / "val" / "images" / "frame_1001.png") << "no picture";
  const Ended ended = generate(
      {"--recipe",
       recipe("name: x\nsource: {dataset: camvid, split: val}\n"
              "method: {kind: stitch, objects: camvid, objects_split: val, min_image_side: 20}\n"
              "objects: [{name: thing, id: 200, place: anywhere}]\n"),
       "--objects-root", folder_ / "objects"});
  EXPECT_EQ(ended.exit_code, kFinishedWithFailures) << ended.messages;
  EXPECT_THAT(ended.results, HasSubstr("1 inserted, 0 rejected, 0 without room, 1 failed"));
}

TEST(RecipeNames, AreThoseThatShip) { EXPECT_THAT(recipe_names(), Contains("camvid-poc")); }

}  // namespace
}  // namespace situ
