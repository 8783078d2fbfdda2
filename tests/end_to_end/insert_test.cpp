// SPDX-License-Identifier: Apache-2.0
// The program itself, on the models and the photo that ship with situ.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "situ/core/temporary_folder.h"
#include "situ/io/file_bytes.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

const std::string kPhoto = SITU_SOURCE_DIR "/examples/leuven/leuvenA.jpg";

class Insert : public testing::Test {
 protected:
  /// Runs `situ insert` on the photo and returns its exit code. What it prints goes to
  /// <output>.txt.
  int run(const std::string& output, const std::string& options) const {
    const std::string command = std::string(SITU_PROGRAM) + " insert " + options + " --output " +
                                (folder_ / output).string() + " > " + (folder_ / output).string() +
                                ".txt 2>&1";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string printed(const std::string& output) const {
    return read_file(folder_ / (output + ".txt"));
  }
  at::Tensor picture(const std::string& output) const {
    return load_image(folder_ / output / "leuvenA.png");
  }

  TemporaryFolder folder_;
};

TEST_F(Insert, ChangesOnlyTheBlendedPixelsAndSaysWhichAreTheObjects) {
  ASSERT_EQ(run("out", kPhoto + " --object dog --seed 3 --keep alpha --attempts 20"), 0)
      << printed("out");
  const at::Tensor before = load_image(kPhoto);
  const at::Tensor after = picture("out");
  const at::Tensor objects = load_labels(folder_ / "out" / "leuvenA_objects.png");
  ASSERT_EQ(after.sizes(), before.sizes());
  const nlohmann::json record = load_json(folder_ / "out" / "leuvenA.json");
  const nlohmann::json& dog = record.at("objects").at(0);
  EXPECT_EQ(dog.at("status"), "inserted");
  EXPECT_EQ(objects.eq(1).sum().item<int64_t>(), dog.at("mask_area_px").get<int64_t>());
  const at::Tensor changed = after.ne(before).any(0);
  EXPECT_GT(changed.logical_and(objects.eq(1)).sum().item<int64_t>(), 0);
  const auto region = dog.at("region_xyxy").get<std::vector<int64_t>>();
  const auto box = dog.at("bbox_xyxy").get<std::vector<int64_t>>();
  EXPECT_GE(box[0], region[0] - 2);
  EXPECT_LE(box[2], region[2] + 2);
}

TEST_F(Insert, GivesTheSameBytesAgainAndAlmostTheSamePixelsWithAnotherNumberOfThreads) {
  const std::string options = kPhoto + " --object suitcase --seed 5 --steps 8 --threads ";
  ASSERT_EQ(run("a", options + "1"), 0) << printed("a");
  ASSERT_EQ(run("b", options + "1"), 0) << printed("b");
  ASSERT_EQ(run("c", options + "2"), 0) << printed("c");
  EXPECT_TRUE(at::equal(picture("a"), picture("b")));
  const at::Tensor difference = picture("a").to(at::kInt).sub(picture("c").to(at::kInt)).abs();
  EXPECT_LE(difference.max().item<int>(), 1);
  EXPECT_TRUE(at::equal(load_labels(folder_ / "a" / "leuvenA_objects.png"),
                        load_labels(folder_ / "c" / "leuvenA_objects.png")));
}

TEST_F(Insert, NamesTheNearestObjectForOneItDoesNotKnow) {
  EXPECT_EQ(run("out", kPhoto + " --object tigre"), 2);
  EXPECT_THAT(printed("out"), testing::HasSubstr("tiger"));
}

}  // namespace
}  // namespace situ
