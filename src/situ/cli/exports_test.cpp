// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "situ/cli/command.h"
#include "situ/cli/test_command.h"
#include "situ/generation/made_finished_dataset.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

using testing::Ended;
using ::testing::HasSubstr;
using testing::MadeFinishedDataset;
using testing::run_situ;

TEST(ExportCommand, WritesAnotherFormat) {
  const MadeFinishedDataset made;
  const Ended ended = run_situ({"export", made.root().string(), "--format", "smiyc", "--output",
                                made.output().string(), "--root", made.source().string()});
  EXPECT_EQ(ended.exit_code, kDone) << ended.messages;
  EXPECT_TRUE(std::filesystem::exists(made.output() / "images/ulm_ulm_000000_000019_0.png"));
  EXPECT_TRUE(std::filesystem::exists(made.output() / "clean/ulm_ulm_000000_000019_0.png"));
  const Ended again = run_situ(
      {"export", made.root().string(), "--format", "smiyc", "--output", made.output().string()});
  EXPECT_EQ(again.exit_code, kFailed);
  EXPECT_THAT(again.messages, HasSubstr("not empty"));
  EXPECT_EQ(
      run_situ({"export", made.root().string(), "--format", "png", "--output", "x"}).exit_code,
      kUsage);
}

TEST(PackCommands, GoThereAndBack) {
  for (const std::string format : {"situ", "poc"}) {
    const MadeFinishedDataset made;
    const TemporaryFolder folder;
    const std::string pack = (folder / "pack").string();
    EXPECT_EQ(run_situ({"pack", made.root().string(), "--root", made.source().string(), "--output",
                        pack, "--format", format})
                  .exit_code,
              kDone);
    const Ended ended = run_situ(
        {"unpack", pack, "--root", made.source().string(), "--output", made.output().string()});
    EXPECT_EQ(ended.exit_code, kDone) << ended.messages;
    EXPECT_EQ(read_file(made.output() / MadeFinishedDataset::kImage),
              read_file(made.root() / MadeFinishedDataset::kImage));
    const Ended wrong = run_situ({"unpack", pack, "--root", folder.path().string(), "--output",
                                  (folder / "again").string()});
    EXPECT_EQ(wrong.exit_code, kFinishedWithFailures);
    EXPECT_THAT(wrong.messages, HasSubstr("1 refused"));
  }
}

}  // namespace
}  // namespace situ
