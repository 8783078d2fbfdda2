// SPDX-License-Identifier: Apache-2.0
#include "situ/io/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <vector>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

std::vector<std::string> names_in(const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

TEST(WriteFile, ReplacesTheContentAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  write_file(folder / "a", "old and longer");
  write_file(folder / "a", std::string_view("n\0w", 3));
  EXPECT_EQ(read_file(folder / "a"), std::string_view("n\0w", 3));
  EXPECT_THAT(names_in(folder), ElementsAre("a"));
}

TEST(WriteFile, GivesTheUsualPermissions) {
  const TemporaryFolder folder;
  const mode_t old = ::umask(022);
  write_file(folder / "a", "x");
  ::umask(old);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST(WriteFile, TakesNamesAsLongAsTheFileSystemDoes) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_file(folder / name, "x");
  EXPECT_EQ(read_file(folder / name), "x");
  EXPECT_THAT(message_of<FileError>([&] { write_file(folder / (name + "n"), "x"); }),
              HasSubstr("choose a shorter one"));
}

TEST(WriteFile, FollowsSymbolicLinks) {
  const TemporaryFolder folder;
  write_file(folder / "target", "old");
  std::filesystem::create_symlink("target", folder / "link");
  std::filesystem::create_symlink("absent", folder / "dangling");
  write_file(folder / "link", "new");
  write_file(folder / "dangling", "made");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "target"), "new");
  EXPECT_EQ(read_file(folder / "absent"), "made");
  std::filesystem::create_symlink("circle", folder / "circle");
  EXPECT_THROW(write_file(folder / "circle", "x"), FileError);
}

TEST(WriteFile, WritesToDevicesDirectly) {
  EXPECT_NO_THROW(write_file("/dev/null", "x"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(WriteFile, SaysWhatToDo) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { write_file(folder / "no/file", "x"); }),
              HasSubstr("/no does not exist; check the path or create it"));
  EXPECT_THAT(message_of<FileError>([&] { write_file(folder.path(), "x"); }),
              HasSubstr("cannot be written: it is a directory; name a file inside it"));
  EXPECT_THROW(write_file(folder.path().string() + "/", "x"), FileError);
  EXPECT_THROW(write_file("", "x"), FileError);
  EXPECT_THAT(message_of<FileError>([] { write_file("/dev/full", "x"); }),
              HasSubstr("/dev/full: cannot be written: the disk is full; free some space"));
}

TEST(WriteFile, KeepsTheOldContentWhenWritingFails) {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{.rlim_cur = 10, .rlim_max = before.rlim_max};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message =
      message_of<FileError>([&] { write_file(folder / "a", std::string(100, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(message, HasSubstr("'ulimit -f'"));
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_THAT(names_in(folder), ElementsAre("a"));
}

TEST(AtomicFile, ShowsNothingBeforeCommitAndNothingWithoutIt) {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "a");
    file.write("one ");
    file.write("two");
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  }
  EXPECT_TRUE(names_in(folder).empty());
  AtomicFile file(folder / "a");
  file.write("one ");
  file.write("two");
  file.commit();
  EXPECT_EQ(read_file(folder / "a"), "one two");
  EXPECT_THAT(names_in(folder), ElementsAre("a"));
}

}  // namespace
}  // namespace situ
