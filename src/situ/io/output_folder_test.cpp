// SPDX-License-Identifier: Apache-2.0
#include "situ/io/output_folder.h"

#include <gmock/gmock.h>

#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

TEST(OutputFolder, MakesFoldersAsFilesAppear) {
  const TemporaryFolder folder;
  const OutputFolder output(folder / "a/b");
  put(output.at("c/d.txt"), "text");
  EXPECT_EQ(read_file(folder / "a/b/c/d.txt"), "text");
}

TEST(OutputFolder, LeavesAFolderWithFilesAlone) {
  const TemporaryFolder folder;
  put(folder / "mine.txt", "mine");
  EXPECT_THAT(message_of<FileError>([&] { OutputFolder output(folder.path()); }),
              HasSubstr("not empty"));
  EXPECT_THROW(OutputFolder output(folder / "mine.txt"), FileError);
}

TEST(CopyFileTo, OverwritesNothing) {
  const TemporaryFolder folder;
  put(folder / "a", "a");
  put(folder / "b", "b");
  EXPECT_THROW(copy_file_to(folder / "a", folder / "b"), FileError);
  EXPECT_EQ(read_file(folder / "b"), "b");
  EXPECT_THROW(copy_file_to(folder / "none", folder / "c"), FileError);
  copy_file_to(folder / "a", folder / "c");
  EXPECT_EQ(read_file(folder / "c"), "a");
}

}  // namespace
}  // namespace situ
