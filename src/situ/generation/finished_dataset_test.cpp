// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/finished_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/generation/made_finished_dataset.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::MadeFinishedDataset;
using testing::message_of;
using testing::put;

TEST(FinishedDataset, HasTheRecordsOfSamplesWithAnObject) {
  const MadeFinishedDataset made;
  const FinishedDataset finished(made.root());
  EXPECT_EQ(finished.description().at("identity").at("recipe").at("name"), "made");
  ASSERT_EQ(finished.size(), 1u);
  EXPECT_EQ(finished.record(0).at("id"), "ulm/ulm_000000_000019/0");
}

TEST(FinishedDataset, IsNotOneThatIsBeingMade) {
  const TemporaryFolder folder;
  DatasetFolder begun(folder / "made");
  begun.begin({{"recipe", "any"}});
  EXPECT_THAT(message_of<std::invalid_argument>([&] { FinishedDataset read(folder / "made"); }),
              HasSubstr("is not finished"));
}

TEST(FinishedDataset, RefusesAManifestThatWasChanged) {
  const MadeFinishedDataset made;
  std::string manifest = read_file(made.root() / "manifest.jsonl");
  manifest[manifest.find("\"dog\"") + 1] = 'f';
  put(made.root() / "manifest.jsonl", manifest);
  EXPECT_THAT(message_of<DataError>([&] { FinishedDataset read(made.root()); }),
              HasSubstr("checksum"));
  put(made.root() / "manifest.jsonl", "{\n");
  EXPECT_THROW(FinishedDataset read(made.root()), DataError);
  std::filesystem::remove(made.root() / "manifest.jsonl");
  EXPECT_THROW(FinishedDataset read(made.root()), FileError);
}

TEST(PathInRecord, StaysInsideTheFolder) {
  EXPECT_EQ(path_in_record("/a", "b/c.png"), "/a/b/c.png");
  for (const char* const path : {"", "/etc/passwd", "../b.png", "b/../../c.png"}) {
    EXPECT_THROW(path_in_record("/a", path), DataError) << path;
  }
}

}  // namespace
}  // namespace situ
