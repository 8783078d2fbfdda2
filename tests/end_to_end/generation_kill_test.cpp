// SPDX-License-Identifier: Apache-2.0
// Runs that are killed, share their work or have no room left on the disk. The test starts itself
// as the worker: `situ_generation_kill_test worker SOURCE OUTPUT [SIZE]`.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/generation/test_generation.h"
#include "situ/generation/verification.h"

extern char** environ;

namespace situ {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int kOutOfSpace = 28;

// Slow enough to be killed in the middle.
int work(const fs::path& source, const fs::path& output) {
  try {
    testing::FakeModels models;
    const Recipe recipe = testing::test_recipe();
    const Dataset dataset = open_dataset("camvid", source, "val");
    const GenerationPlan plan(recipe, dataset);
    InsertionMaker maker(recipe, models.inpainter, models.segmenter);
    const GenerationSummary summary = run_generation(
        plan, {{"recipe", recipe_to_json(recipe)}, {"labels", labels_to_json(recipe)}}, output,
        [&](const PlannedSample& planned, const SampleSource& image) {
          std::this_thread::sleep_for(milliseconds(2));
          return maker.make(planned, image);
        },
        {});
    return summary.complete ? 0 : 1;
  } catch (const FileError& error) {
    std::cerr << error.what() << "\n";
    return kOutOfSpace;
  }
}

// In a mount namespace of its own, with a disk of `size` under the output folder. Prints what it
// got to, then makes the disk larger and goes on.
int work_on_small_disk(const fs::path& source, const fs::path& output, const std::string& copy) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
  fs::create_directories(output);
  if (::mount("tmpfs", output.c_str(), "tmpfs", 0, "size=120k") != 0) return 77;
  if (work(source, output) != kOutOfSpace) return 1;
  if (::mount("tmpfs", output.c_str(), "tmpfs", MS_REMOUNT, "size=60m") != 0) return 77;
  if (work(source, output) != 0) return 2;
  fs::copy(output, copy, fs::copy_options::recursive);
  return 0;
}

pid_t start(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), "situ_generation_kill_test");
  std::vector<char*> pointers;
  for (std::string& one : words) pointers.push_back(one.data());
  pointers.push_back(nullptr);
  pid_t process = 0;
  if (::posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, pointers.data(), environ) != 0) {
    throw std::runtime_error("the worker cannot be started");
  }
  return process;
}

int status_of(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return status;
}

class KilledRun : public ::testing::Test {
 protected:
  KilledRun() {
    testing::make_source(source(), 24);
    EXPECT_EQ(status_of(start({"worker", source(), folder_ / "whole"})), 0);
  }

  std::string source() const { return folder_ / "source"; }
  void expect_whole(const fs::path& output) const {
    const auto expected = testing::contents_of(folder_ / "whole");
    const auto got = testing::contents_of(output);
    EXPECT_EQ(expected.size(), got.size());
    EXPECT_TRUE(expected == got) << "a file differs";
    EXPECT_TRUE(verify_dataset(output, source()).problems.empty());
  }

  TemporaryFolder folder_;
};

TEST_F(KilledRun, EndsWithTheSameBytesAfterSixtyKills) {
  std::mt19937 random(1);
  int kills = 0;
  int rounds = 0;
  while (kills < 60) {
    ASSERT_LT(++rounds, 200) << "no run was long enough to be killed";
    const std::string output = folder_ / ("out" + std::to_string(rounds));
    for (bool finished = false; !finished;) {
      const pid_t worker = start({"worker", source(), output});
      // Starting takes most of the time; the longest waits reach the end of the run.
      std::this_thread::sleep_for(milliseconds(random() % 900));
      ::kill(worker, SIGKILL);
      const int status = status_of(worker);
      finished = WIFEXITED(status);
      if (finished) {
        ASSERT_EQ(WEXITSTATUS(status), 0);
      } else if (fs::exists(output)) {
        ++kills;
      }
    }
    expect_whole(output);
    fs::remove_all(output);
  }
}

TEST_F(KilledRun, IsFinishedByThreeOfFourWorkers) {
  const std::string output = folder_ / "out";
  std::vector<pid_t> workers;
  for (int i = 0; i < 4; ++i) workers.push_back(start({"worker", source(), output}));
  while (!fs::exists(fs::path(output) / "run" / "claims")) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  std::this_thread::sleep_for(milliseconds(30));
  ::kill(workers[0], SIGKILL);
  const int killed = status_of(workers[0]);
  EXPECT_TRUE(WIFSIGNALED(killed)) << "it ended before it could be killed";
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(status_of(workers[i]), 0);
  expect_whole(output);
}

TEST_F(KilledRun, GoesOnWhereTheDiskWasFull) {
  const pid_t worker = start({"small-disk", source(), folder_ / "out", folder_ / "copy"});
  const int status = status_of(worker);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no small disk can be mounted here";
  ASSERT_EQ(WEXITSTATUS(status), 0) << "1: did not run out of space, 2: could not go on";
  expect_whole(folder_ / "copy");
}

TEST_F(KilledRun, LeavesAFolderAloneThatCannotBeWritten) {
  const fs::path output = folder_ / "readonly";
  fs::create_directory(output);
  fs::permissions(output, fs::perms::owner_read | fs::perms::owner_exec);
  if (::access(output.c_str(), W_OK) == 0) GTEST_SKIP() << "this user may write everywhere";
  EXPECT_EQ(WEXITSTATUS(status_of(start({"worker", source(), output}))), kOutOfSpace);
}

}  // namespace
}  // namespace situ

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "worker") return situ::work(argv[2], argv[3]);
  if (argc == 5 && std::string(argv[1]) == "small-disk") {
    return situ::work_on_small_disk(argv[2], argv[3], argv[4]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
