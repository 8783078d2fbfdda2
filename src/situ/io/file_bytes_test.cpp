// SPDX-License-Identifier: Apache-2.0
#include "situ/io/file_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "situ/core/errors.h"
#include "situ/io/test_files.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::put;

TEST(ReadFile, ReturnsAllBytes) {
  const TemporaryFolder folder;
  const std::string large(3'000'000, 'x');
  put(folder / "large", large);
  put(folder / "empty", "");
  put(folder / "zeros", std::string_view("a\0b\n", 4));
  EXPECT_EQ(read_file(folder / "large"), large);
  EXPECT_EQ(read_file(folder / "empty"), "");
  EXPECT_EQ(read_file(folder / "zeros"), std::string_view("a\0b\n", 4));
}

TEST(ReadFile, ReadsFilesThatStateNoSize) {
  EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Name:"));
  EXPECT_THROW(read_file("/dev/zero", 5'000'000), DataError);
}

TEST(ReadFile, RefusesMoreThanTheBound) {
  const TemporaryFolder folder;
  put(folder / "five", "12345");
  EXPECT_EQ(read_file(folder / "five", 5), "12345");
  EXPECT_THAT(message_of<DataError>([&] { read_file(folder / "five", 4); }),
              HasSubstr("five: expected at most 4 bytes, got 5"));
}

TEST(ReadFile, SaysWhatToDo) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { read_file(folder / "none"); }),
              HasSubstr("none: cannot be read: no such file; check the spelling"));
  EXPECT_THAT(message_of<FileError>([&] { read_file("none"); }),
              HasSubstr("(relative paths start at "));
  EXPECT_THAT(message_of<FileError>([&] { read_file(folder / "no/file"); }),
              HasSubstr("/no does not exist; check the path or create it"));
  EXPECT_THAT(message_of<FileError>([&] { read_file(folder.path()); }),
              HasSubstr("it is a directory; name a file inside it"));
  EXPECT_THAT(message_of<FileError>([&] { read_file(""); }),
              HasSubstr("(empty path): cannot be read"));
  put(folder / "file", "");
  EXPECT_THAT(message_of<FileError>([&] { read_file(folder / "file/below"); }),
              HasSubstr("a part of the path is a file"));
}

TEST(ReadFile, SaysWhenPermissionIsMissing) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  put(folder / "secret", "x");
  ::chmod((folder / "secret").c_str(), 0);
  EXPECT_THAT(message_of<FileError>([&] { read_file(folder / "secret"); }),
              HasSubstr("permission denied; see with 'ls -ld'"));
}

TEST(ReadInPieces, GivesTheContentInOrderInBoundedPieces) {
  const TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 700'000; ++i) content += std::to_string(i % 1000);
  put(folder / "file", content);
  std::string seen;
  int pieces = 0;
  read_in_pieces(folder / "file", [&](std::string_view piece) {
    EXPECT_LE(piece.size(), size_t{1} << 20);
    seen += piece;
    ++pieces;
  });
  EXPECT_EQ(seen, content);
  EXPECT_GT(pieces, 1);
}

}  // namespace
}  // namespace situ
