// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/command_line.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "situ/cli/command.h"
#include "situ/cli/test_command.h"
#include "situ/io/image_file.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::AllOf;
using testing::Ended;
using ::testing::HasSubstr;
using testing::put;
using testing::run_situ;

// Runs the program up to where it would load a network: the models' folders hold names only.
class CommandLine : public ::testing::Test {
 protected:
  CommandLine() {
    for (const char* model : {"mini-inpainter", "mini-segmenter"}) {
      std::filesystem::create_directories(folder_ / model);
      put(folder_ / model / "model.safetensors", "no weights");
    }
    ::setenv("SITU_MODELS", folder_.path().c_str(), 1);
    save_png(folder_ / "a.png", at::full({3, 48, 64}, 90, at::kByte));
  }
  ~CommandLine() override { ::unsetenv("SITU_MODELS"); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // The options that `situ insert a.png` would run with.
  nlohmann::json options(std::vector<std::string> flags) {
    for (const std::string& one : {std::string("insert"), path("a.png")}) flags.push_back(one);
    std::rotate(flags.begin(), flags.end() - 2, flags.end());
    for (const char* one : {"--dry-run", "--json", "--output"}) flags.emplace_back(one);
    flags.push_back(path("out"));
    const Ended ended = run_situ(flags);
    EXPECT_EQ(ended.exit_code, kDone) << ended.messages;
    return nlohmann::json::parse(ended.results).at("options");
  }

  TemporaryFolder folder_;
};

TEST_F(CommandLine, PlansAnInsertionWithoutLoadingAModelOrWritingAFile) {
  const Ended ended = run_situ({"insert", path("a.png"), "--object", "dog", "--object", "tiger",
                                "--dry-run", "--output", path("out")});
  EXPECT_EQ(ended.exit_code, kDone);
  EXPECT_THAT(ended.results, AllOf(HasSubstr("object: dog"), HasSubstr("object: tiger"),
                                   HasSubstr("inpainter: mini, revision ")));
  EXPECT_EQ(ended.messages, "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(CommandLine, LetsFlagsWinOverTheConfiguration) {
  put(folder_ / "insert.yaml",
      "object: cat\nsteps: 9\nmin_side: 12\ncrop_size: auto\nanywhere: true\nseed: 4\n");
  const nlohmann::json configured = options({"--config", path("insert.yaml")});
  EXPECT_EQ(configured["object"], nlohmann::json::array({"cat"}));
  EXPECT_EQ(configured["steps"], 9);
  EXPECT_EQ(configured["anywhere"], true);
  const nlohmann::json flagged =
      options({"--config", path("insert.yaml"), "--object", "dog", "--steps", "7", "--min-side",
               "auto", "--location", "the grass", "--crop-size", "64"});
  EXPECT_EQ(flagged["object"], nlohmann::json::array({"dog"}));
  EXPECT_EQ(flagged["steps"], 7);
  EXPECT_EQ(flagged["min_side"], nullptr);
  EXPECT_EQ(flagged["crop_size"], 64);
  EXPECT_EQ(flagged["seed"], 4);
  EXPECT_EQ(flagged["location"], "the grass");
  EXPECT_EQ(flagged["anywhere"], false);
}

TEST_F(CommandLine, ReadsItsOwnRecordsOptionsAsAConfiguration) {
  const nlohmann::json before = options({"--object", "dog", "--attempts", "2", "--blur", "3"});
  put(folder_ / "again.yaml", before.dump());
  EXPECT_EQ(options({"--config", path("again.yaml")}), before);
}

TEST_F(CommandLine, TakesTheOptionsOfAGroundedSegmentersDetector) {
  for (const char* part : {"detector", "segmenter"}) {
    std::filesystem::create_directories(folder_ / "grounded" / part);
    put(folder_ / "grounded" / part / "model.safetensors", "no weights");
  }
  const nlohmann::json flagged =
      options({"--object", "dog", "--segmenter", path("grounded"), "--detect-negative-prompt",
               "a shadow.", "--detect-tiles", "2", "--negative-prompt", "blurry"});
  EXPECT_EQ(flagged["detect_negative_prompt"], "a shadow.");
  EXPECT_EQ(flagged["detect_tiles"], 2);
  EXPECT_EQ(flagged["negative_prompt"], "blurry");
  const Ended refused = run_situ({"insert", path("a.png"), "--object", "dog", "--detect-tiles", "2",
                                  "--dry-run", "--output", path("out")});
  EXPECT_EQ(refused.exit_code, kUsage);
  EXPECT_THAT(refused.messages, HasSubstr("mini has no detector"));
}

TEST_F(CommandLine, EndsWithUsageForWhatIsWrongOnTheCommandLine) {
  const auto refused = [this](std::vector<std::string> flags, const char* message) {
    flags.insert(flags.begin(), "insert");
    flags.insert(flags.end(), {"--output", path("out")});
    const Ended ended = run_situ(flags);
    EXPECT_EQ(ended.exit_code, kUsage) << message;
    EXPECT_THAT(ended.messages, HasSubstr(message));
    EXPECT_EQ(ended.results, "");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  };
  const std::string image = path("a.png");
  refused({image, "--object", "dog", "--stpes", "3"}, "did you mean '--steps'");
  refused({image, "--object", "dog", "--steps", "many"}, "--steps");
  refused({image, "--object", "dog", "--steps", "0"}, "steps = 0");
  refused({image, "--object", "dog", "--stitch", "crpo"}, "did you mean 'crop'");
  refused({image, "--object", "dog", "--compat", "pco"}, "did you mean 'poc'");
  refused({image}, "nothing to insert");
  refused({"--object", "dog"}, "image");
  refused({image, "--object", "dog", "--anywhere", "--location", "the road"}, "exclude each other");
  refused({image, "--object", "dog", "--inpainter", "mimi"}, "unknown inpainter 'mimi'");
  refused({image, "--object", "dog", "--min-side", "500"}, "max_side");
  put(folder_ / "wrong.yaml", "object: dog\nstesp: 3\n");
  refused({image, "--config", path("wrong.yaml")}, "did you mean 'steps'");
}

TEST_F(CommandLine, NamesTheNearestCommandForAnUnknownOne) {
  const Ended ended = run_situ({"isnert"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.messages, HasSubstr("unknown command 'isnert': did you mean 'insert'?"));
}

TEST_F(CommandLine, FailsForImagesAndConfigurationsThatCannotBeRead) {
  const Ended missing = run_situ({"insert", path("b.png"), "--object", "dog", "--json"});
  EXPECT_EQ(missing.exit_code, kFailed);
  EXPECT_THAT(missing.messages, HasSubstr("b.png: cannot be read"));
  EXPECT_EQ(nlohmann::json::parse(missing.results)["failed"].size(), 1u);

  const Ended some =
      run_situ({"insert", path("b.png"), path("a.png"), "--object", "dog", "--dry-run"});
  EXPECT_EQ(some.exit_code, kFailed);
  EXPECT_THAT(some.results, HasSubstr("a.png (64 x 48)"));

  const Ended config = run_situ({"insert", path("a.png"), "--config", path("no.yaml")});
  EXPECT_EQ(config.exit_code, kFailed);
  EXPECT_THAT(config.messages, HasSubstr("no.yaml"));
}

TEST_F(CommandLine, FailsForAnOutputFolderThatIsAFileBeforeLoadingAModel) {
  put(folder_ / "out", "");
  const Ended ended =
      run_situ({"insert", path("a.png"), "--object", "dog", "--output", path("out")});
  EXPECT_EQ(ended.exit_code, kFailed);
  EXPECT_THAT(ended.messages, HasSubstr("cannot be used as the output folder"));
}

TEST_F(CommandLine, FailsForAModelFolderThatHoldsNoModel) {
  const Ended ended =
      run_situ({"insert", path("a.png"), "--object", "dog", "--output", path("out")});
  EXPECT_NE(ended.exit_code, kDone);
  EXPECT_THAT(ended.messages, HasSubstr("mini-inpainter"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "out"));
}

TEST_F(CommandLine, ShowsItsOptions) {
  const Ended ended = run_situ({"insert", "--help"});
  EXPECT_EQ(ended.exit_code, kDone);
  for (const char* flag : {"--object", "--min-side", "--crop-size", "--attempts", "--valid-labels",
                           "--keep", "--dry-run", "--config", "--compat"}) {
    EXPECT_THAT(ended.results, HasSubstr(flag));
  }
}

}  // namespace
}  // namespace situ
