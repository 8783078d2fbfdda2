// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/scene_source.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <thread>

#include "situ/core/errors.h"
#include "situ/training/composition/made_data.h"

namespace situ {
namespace {

std::string name_of(uint8_t label) { return std::string(location_labels()[label].name); }

TEST(LocationLabels, ReduceEachDataSetToCommonNames) {
  EXPECT_EQ(name_of(common_label(SceneDataset::kCamVid, 0)), "sky");
  EXPECT_EQ(name_of(common_label(SceneDataset::kCamVid, 3)), "road");
  EXPECT_EQ(name_of(common_label(SceneDataset::kCamVid, 10)), "cyclist");
  EXPECT_EQ(common_label(SceneDataset::kCamVid, 11), kUnknownLabel);
  EXPECT_EQ(name_of(common_label(SceneDataset::kIddLite, 0)), "road");
  EXPECT_EQ(name_of(common_label(SceneDataset::kIddLite, 6)), "sky");
  EXPECT_EQ(common_label(SceneDataset::kIddLite, 255), kUnknownLabel);
  EXPECT_EQ(common_label(SceneDataset::kCityscapesCategories, 0), kUnknownLabel);
  EXPECT_EQ(name_of(common_label(SceneDataset::kCityscapesCategories, 1)), "flat");
}

TEST(LocationLabels, DecideOnlyWhatTheDataSetTellsApart) {
  const LocationLabel flat =
      location_labels()[common_label(SceneDataset::kCityscapesCategories, 1)];
  EXPECT_EQ(flat.decides(Location::kRoad), std::nullopt);
  EXPECT_EQ(flat.decides(Location::kSky), false);
  const LocationLabel road = location_labels()[common_label(SceneDataset::kIddLite, 0)];
  EXPECT_EQ(road.decides(Location::kRoad), true);
  EXPECT_EQ(road.decides(Location::kPavement), false);
  for (int i = 0; i < kLocationCount; ++i) {
    EXPECT_EQ(location_labels()[kUnknownLabel].decides(static_cast<Location>(i)), std::nullopt);
  }
}

TEST(LocationLabels, AreDrivableWhereTheyAreRoadOrUndecidedGround) {
  EXPECT_TRUE(is_drivable(common_label(SceneDataset::kCamVid, 3)));
  EXPECT_TRUE(is_drivable(common_label(SceneDataset::kCityscapesCategories, 1)));
  EXPECT_FALSE(is_drivable(common_label(SceneDataset::kCamVid, 4)));
  EXPECT_FALSE(is_drivable(kUnknownLabel));
  EXPECT_FALSE(is_drivable(200));
}

TEST(SceneSource, GivesImagesLabelsAndRoadOfAScene) {
  const made::Folder folder;
  const SceneSource scenes(
      {made::half_road_scene(folder, "a", 64, 80), made::half_road_scene(folder, "b", 100, 70)});
  ASSERT_EQ(scenes.size(), 2);
  EXPECT_EQ(scenes.image(1).sizes(), at::IntArrayRef({3, 100, 70}));
  EXPECT_EQ(name_of(scenes.labels(0)[0][0].item<uint8_t>()), "sky");
  EXPECT_EQ(name_of(scenes.labels(0)[63][0].item<uint8_t>()), "road");
  EXPECT_EQ(scenes.road_mask(0).sum().item<int64_t>(), 32 * 80);
}

TEST(SceneSource, ReadsAScenesFilesOnce) {
  const made::Folder folder;
  const SceneFiles files = made::half_road_scene(folder, "a", 64, 80);
  const SceneSource scenes({files});
  std::thread other([&] { scenes.scene(0); });
  const void* data = scenes.image(0).data_ptr();
  other.join();
  std::filesystem::remove(files.image);
  EXPECT_EQ(scenes.image(0).data_ptr(), data);
}

TEST(SceneSource, RefusesLabelsOfAnotherSize) {
  const made::Folder folder;
  SceneFiles files = made::half_road_scene(folder, "a", 64, 80);
  files.labels = made::half_road_scene(folder, "b", 64, 81).labels;
  const SceneSource scenes({files});
  EXPECT_THROW(scenes.scene(0), DataError);
  EXPECT_THROW(scenes.scene(1), std::out_of_range);
  EXPECT_THROW(SceneSource({}), std::invalid_argument);
}

TEST(SceneSource, FindsTrainingScenesAndLeavesValidationCitiesOut) {
  const made::Folder folder;
  const auto put = [&](const std::string& image, const std::string& labels) {
    save_png(folder.at(image), at::zeros({3, 64, 64}, at::kByte));
    save_png(folder.at(labels), at::zeros({64, 64}, at::kByte));
  };
  put("camvid/train/images/a.jpg", "camvid/train/labels/a.png");
  put("camvid/val/images/b.jpg", "camvid/val/labels/b.png");
  put("camvid/train/images/unlabelled.jpg", "camvid/other.png");
  put("idd_lite/leftImg8bit/train/7/c_image.jpg", "idd_lite/gtFine/train/7/c_label.png");
  for (const std::string city : {"aachen", "frankfurt", "lindau", "munster"}) {
    const std::string small = "cityscapes_mini/small_512x256/";
    put(small + "images/" + city + "_0.png", small + "category8/" + city + "_0.png");
  }
  const SceneSource train = SceneSource::load(folder.path(), SceneSplit::kTrain);
  ASSERT_EQ(train.size(), 3);
  EXPECT_EQ(train.files(2).image.filename(), "aachen_0.png");
  EXPECT_EQ(train.groups().size(), 3u);
  EXPECT_EQ(train.image(0).size(1), 64);
  const SceneSource held_out = SceneSource::load(folder.path(), SceneSplit::kEvaluate);
  ASSERT_EQ(held_out.size(), 1);
  EXPECT_EQ(held_out.files(0).image.filename(), "b.jpg");
  EXPECT_THROW(SceneSource::load(folder.path() / "none", SceneSplit::kTrain), FileError);
}

TEST(SceneSource, FindsTheRealScenes) {
  const auto folder = made::shared_data();
  SITU_SKIP_WITHOUT_SHARED_DATA(folder);
  const SceneSource train = SceneSource::load(*folder, SceneSplit::kTrain);
  EXPECT_EQ(train.size(), 367 + 1403 + 9);
  EXPECT_EQ(SceneSource::load(*folder, SceneSplit::kEvaluate).size(), 101 + 204);
  for (const int64_t index : {int64_t{0}, int64_t{400}, train.size() - 1}) {
    const double road = train.road_mask(index).to(at::kFloat).mean().item<double>();
    EXPECT_GT(road, 0.05) << train.files(index).image;
    EXPECT_LT(road, 0.7) << train.files(index).image;
  }
}

}  // namespace
}  // namespace situ
