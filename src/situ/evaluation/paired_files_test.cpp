// SPDX-License-Identifier: Apache-2.0
#include "situ/evaluation/paired_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
constexpr std::array<std::string_view, 2> kExtensions = {".npy", ".png"};

class PairedFiles : public ::testing::Test {
 protected:
  void put(const std::string& name) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }
  std::map<std::string, fs::path> files(std::string_view suffix = "") {
    return files_by_stem(folder_.path(), kExtensions, suffix);
  }
  TemporaryFolder folder_;
};

TEST_F(PairedFiles, AreThoseOfTheExtensionsInAllSubfolders) {
  put("a.npy");
  put("b/a.v2.PNG");
  put("notes.txt");
  put(".hidden.png");
  const auto found = files();
  EXPECT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at("a"), folder_ / "a.npy");
  EXPECT_EQ(found.at("b/a.v2"), folder_ / "b/a.v2.PNG");
}

TEST_F(PairedFiles, LoseTheSuffixOfADataSet) {
  put("0001_labels.png");
  put("0002.png");
  EXPECT_THAT(files("_labels"),
              ::testing::ElementsAre(::testing::Key("0001"), ::testing::Key("0002")));
}

TEST_F(PairedFiles, AreRefusedWhereTwoHaveOneStemOrThereAreNone) {
  EXPECT_THROW(paired_files({}, "a", {}, "b"), DataError);
  put("a.npy");
  put("a.png");
  EXPECT_THROW(files(), DataError);
  EXPECT_THROW(files_by_stem(folder_ / "none", kExtensions), FileError);
}

TEST_F(PairedFiles, NameWhatIsMissingOnBothSides) {
  EXPECT_THAT(
      [] {
        paired_files({{"x", "s/x"}, {"y", "s/y"}}, "s", {{"y", "l/y"}, {"z", "l/z"}}, "l");
      },
      ::testing::ThrowsMessage<DataError>(::testing::AllOf(
          ::testing::HasSubstr("no file for x of s"), ::testing::HasSubstr("s: no file for z"))));
}

}  // namespace
}  // namespace situ
