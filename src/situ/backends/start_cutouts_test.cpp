// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/start_cutouts.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/atomic_file.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

at::Tensor plain(int64_t height, int64_t width, int red, int green, int blue, int alpha) {
  at::Tensor picture = at::empty({4, height, width}, at::kByte);
  const int values[] = {red, green, blue, alpha};
  for (int i = 0; i < 4; ++i) picture[i].fill_(values[i]);
  return picture;
}

/// A red dog, a green "toy dog" and a blue kite.
class StartCutoutsTest : public testing::Test {
 protected:
  StartCutoutsTest() {
    std::filesystem::create_directories(folder_ / "cutouts");
    save_png(folder_ / "cutouts/dog.png", plain(20, 30, 250, 10, 10, 255));
    save_png(folder_ / "cutouts/toy.png", plain(20, 20, 10, 250, 10, 255));
    save_png(folder_ / "cutouts/kite.png", plain(10, 20, 10, 10, 250, 255));
    write(R"({"format": 1, "names": [
      {"name": "dog", "phrases": ["dog", "puppy"], "cutouts": ["cutouts/dog.png"]},
      {"name": "toy", "phrases": ["toy dog"], "cutouts": ["cutouts/toy.png"]},
      {"name": "kite", "phrases": ["kite"], "cutouts": ["cutouts/kite.png"], "airborne": true},
      {"name": "cat", "phrases": ["cat"]}]})");
  }
  void write(const std::string& vocabulary) const {
    write_file(folder_ / "vocabulary.json", vocabulary);
  }
  StartCutouts cutouts() const {
    return StartCutouts(PromptVocabulary::from_folder(folder_.path()).value().names());
  }

  /// The channel that is far above the others in most of what was put into the hole.
  int64_t color_of(const std::string& prompt, uint64_t seed = 1) const {
    const at::Tensor start = cutouts().start(picture_, hole_, prompt, seed);
    const at::Tensor changed = start.ne(picture_).any(0);
    const at::Tensor means = start.to(at::kFloat).masked_select(changed).view({3, -1}).mean(1);
    return means.argmax().item<int64_t>();
  }

  TemporaryFolder folder_;
  at::Tensor picture_ = at::full({3, 64, 64}, 110, at::kByte);
  at::Tensor hole_ = [] {
    at::Tensor hole = at::zeros({64, 64}, at::kBool);
    hole.slice(0, 16, 56).slice(1, 12, 52).fill_(true);
    return hole;
  }();
};

TEST_F(StartCutoutsTest, PutsWhatThePromptNamesIntoTheHoleAndNothingOutside) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const at::Tensor start = cutouts().start(picture_, hole_, "A good photo of a puppy", seed);
    const at::Tensor changed = start.ne(picture_).any(0);
    EXPECT_FALSE(changed.logical_and(hole_.logical_not()).any().item<bool>());
    EXPECT_GT(changed.sum().item<int64_t>(), 600);
  }
  EXPECT_EQ(color_of("a dog"), 0);
  EXPECT_EQ(color_of("a kite over the road"), 2);
}

TEST_F(StartCutoutsTest, TakesTheLongestPhraseThatStandsInThePrompt) {
  EXPECT_EQ(color_of("a toy dog"), 1);
}

TEST_F(StartCutoutsTest, GivesTheSamePictureForTheSameSeedAndLeavesTheInputAlone) {
  const StartCutouts some = cutouts();
  EXPECT_TRUE(
      at::equal(some.start(picture_, hole_, "dog", 3), some.start(picture_, hole_, "dog", 3)));
  EXPECT_EQ(picture_.min().item<int>(), 110);
}

TEST_F(StartCutoutsTest, ReturnsThePictureWhereNothingIsKnown) {
  for (const char* prompt : {"a cat", "a hotdog", ""}) {
    EXPECT_FALSE(cutouts().know(prompt)) << prompt;
    EXPECT_TRUE(at::equal(cutouts().start(picture_, hole_, prompt, 1), picture_)) << prompt;
  }
  EXPECT_FALSE(StartCutouts().know("a dog"));
  const TemporaryFolder open;
  EXPECT_FALSE(PromptVocabulary::from_folder(open.path()).has_value());
}

TEST_F(StartCutoutsTest, RefusesPathsThatLeaveTheFolderAndBrokenFiles) {
  for (const char* path : {"../dog.png", "/etc/passwd", "", "cutouts/../../dog.png"}) {
    write(R"({"format": 1, "names": [{"name": "dog", "phrases": ["dog"], "cutouts": [")" +
          std::string(path) + R"("]}]})");
    EXPECT_THROW(cutouts(), DataError) << path;
  }
  write(R"({"format": 1, "names": [{"name": "dog", "cutouts": ["cutouts/dog.png"]}]})");
  EXPECT_THROW(cutouts(), DataError);
  write(R"({"format": 1, "names": [{"name": "dog", "phrases": ["dog"], "cutouts": [7]}]})");
  EXPECT_THROW(cutouts(), DataError);
  write_file(folder_ / "cutouts/bad.png", "no picture");
  write(
      R"({"format": 1, "names": [{"name": "dog", "phrases": ["dog"], "cutouts": ["cutouts/bad.png"]}]})");
  EXPECT_THROW(cutouts(), DataError);
}

}  // namespace
}  // namespace situ
