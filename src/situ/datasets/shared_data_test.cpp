// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/datasets/check_dataset.h"

namespace situ {
namespace {

using ::testing::IsEmpty;

/// Real data beside the checkout, where a developer has it; the tests are skipped where not.
std::filesystem::path shared_data(const std::string& name) {
  return std::filesystem::path(SITU_SOURCE_DIR).parent_path() / "shared" / "data" / name;
}

#define SITU_NEED_SHARED_DATA(name)                                          \
  if (!std::filesystem::is_directory(shared_data(name))) {                   \
    GTEST_SKIP() << "no folder " << shared_data(name) << " on this machine"; \
  }

/// The same data set with its first `count` samples alone, so that reading them takes no time.
Dataset first_of(Dataset dataset, std::size_t count) {
  dataset.samples.resize(std::min(count, dataset.samples.size()));
  return dataset;
}

TEST(SharedData, CamVidIsWhole) {
  SITU_NEED_SHARED_DATA("camvid");
  EXPECT_EQ(open_dataset("camvid", shared_data("camvid"), "train").samples.size(), 367u);
  const Dataset dataset = open_dataset("camvid", shared_data("camvid"), "val");
  EXPECT_EQ(dataset.samples.size(), 101u);
  const DatasetCheck check = check_dataset(first_of(dataset, 12));
  EXPECT_THAT(check.problems, IsEmpty());
  EXPECT_EQ(check.sizes, (std::map<std::string, int64_t>{{"480x360", 12}}));
  EXPECT_GT(check.label_pixels.at(dataset.labels.at("road").id), 100000);
}

TEST(SharedData, IddLiteIsWhole) {
  SITU_NEED_SHARED_DATA("idd_lite");
  const Dataset dataset = open_dataset("idd-lite", shared_data("idd_lite"), "val");
  EXPECT_EQ(dataset.samples.size(), 204u);
  EXPECT_THAT(check_dataset(first_of(dataset, 20)).problems, IsEmpty());
}

TEST(SharedData, CityscapesFramesAreAFolderWithCategories) {
  SITU_NEED_SHARED_DATA("cityscapes_mini");
  const Dataset dataset =
      open_dataset("folder", shared_data("cityscapes_mini"), "small_512x256",
                   {.labels = "cityscapes-categories", .label_folder = "category8"});
  EXPECT_EQ(dataset.samples.size(), 20u);
  EXPECT_THAT(check_dataset(dataset).problems, IsEmpty());
}

TEST(SharedData, CocoPanopticIsWhole) {
  SITU_NEED_SHARED_DATA("coco128_panoptic");
  const Dataset dataset = open_dataset("coco-panoptic", shared_data("coco128_panoptic"), "val2017");
  EXPECT_EQ(dataset.samples.size(), 100u);
  EXPECT_THAT(check_dataset(first_of(dataset, 10)).problems, IsEmpty());
}

}  // namespace
}  // namespace situ
