// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "situ/cli/command.h"
#include "situ/cli/test_command.h"
#include "situ/datasets/made_dataset.h"

namespace situ {
namespace {

using testing::Ended;
using ::testing::HasSubstr;
using testing::MadeDataset;
using testing::run_situ;

TEST(DatasetsCommand, ListsTheKinds) {
  const Ended ended = run_situ({"datasets", "list"});
  EXPECT_EQ(ended.exit_code, kDone);
  EXPECT_THAT(ended.results, HasSubstr("cityscapes-train-ids"));
  EXPECT_THAT(run_situ({"datasets", "list", "--json"}).results, HasSubstr("\"label_sets\""));
}

TEST(DatasetsCommand, ChecksTheSplitsThatAreThere) {
  const MadeDataset made;
  made.image("val/images/one.jpg");
  made.label("val/labels/one.png", {0, 1, 10, 11, 3, 3});
  const Ended whole = run_situ({"datasets", "check", made.root().string(), "--as", "camvid"});
  EXPECT_EQ(whole.exit_code, kDone) << whole.messages;
  EXPECT_THAT(whole.results, HasSubstr("val: 1 images, 1 labels"));
  EXPECT_THAT(whole.results, HasSubstr("not there: train, test, all"));

  made.label("val/labels/one.png", {0, 1, 10, 12, 3, 3});
  const Ended wrong =
      run_situ({"datasets", "check", made.root().string(), "--as", "camvid", "--json"});
  EXPECT_EQ(wrong.exit_code, kFinishedWithFailures);
  const nlohmann::json report = nlohmann::json::parse(wrong.results);
  EXPECT_EQ(report["splits"][0]["problems"][0]["kind"], "foreign ids");
  EXPECT_EQ(report["splits"][0]["problems"][0]["file"], "val/labels/one.png");
  EXPECT_EQ(report["splits"][0]["label_set"], "camvid");
}

TEST(DatasetsCommand, SaysWhatIsNotThere) {
  const MadeDataset made;
  const Ended empty = run_situ({"datasets", "check", made.root().string(), "--as", "cityscapes"});
  EXPECT_EQ(empty.exit_code, kFailed);
  EXPECT_THAT(empty.messages, HasSubstr("leftImg8bit/val"));
  const Ended kind = run_situ({"datasets", "check", made.root().string(), "--as", "cityscape"});
  EXPECT_NE(kind.exit_code, kDone);
  EXPECT_THAT(kind.messages, HasSubstr("'cityscapes'"));
}

}  // namespace
}  // namespace situ
