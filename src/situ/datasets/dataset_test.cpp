// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/dataset.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/datasets/made_dataset.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MadeDataset;
using testing::message_of;
using testing::numbers;

std::vector<std::string> ids_of(const Dataset& dataset) {
  std::vector<std::string> ids;
  for (const Sample& sample : dataset.samples) ids.push_back(sample.id);
  return ids;
}

TEST(OpenDataset, ListsCityscapesByCity) {
  const MadeDataset made;
  for (const std::string frame : {"munster/munster_000001_000019", "lindau/lindau_000000_000019"}) {
    made.image("leftImg8bit/val/" + frame + "_leftImg8bit.png");
    made.label("gtFine/val/" + frame + "_gtFine_labelIds.png", {7, 7, 8, 33, 0, 23});
    made.label("gtFine/val/" + frame + "_gtFine_labelTrainIds.png", {0, 0, 1, 18, 255, 10});
    made.wide_label("gtFine/val/" + frame + "_gtFine_instanceIds.png", {7, 7, 8, 33000, 0, 23});
    made.text("gtFine/val/" + frame + "_gtFine_polygons.json", "{}");
  }
  const Dataset dataset = open_dataset("cityscapes", made.root(), "val");
  EXPECT_THAT(ids_of(dataset),
              ElementsAre("lindau/lindau_000000_000019", "munster/munster_000001_000019"));
  EXPECT_TRUE(dataset.unmatched.empty());
  const Sample& sample = dataset.samples[1];
  EXPECT_EQ(sample.image, "leftImg8bit/val/munster/munster_000001_000019_leftImg8bit.png");
  EXPECT_EQ(attributes_of(dataset, sample).at("city"), "munster");
  EXPECT_THAT(numbers(read_label(dataset, sample)), ElementsAre(7, 7, 8, 33, 0, 23));
  EXPECT_EQ(read_label(dataset, sample).scalar_type(), at::kByte);
  EXPECT_THAT(numbers(read_instances(dataset, sample)), ElementsAre(7, 7, 8, 33000, 0, 23));
  EXPECT_EQ(read_image(dataset, sample).sizes(), (at::IntArrayRef{3, 2, 3}));
  const Dataset train_ids =
      open_dataset("cityscapes", made.root(), "val", {.labels = "cityscapes-train-ids"});
  EXPECT_THAT(numbers(read_label(train_ids, train_ids.samples[1])),
              ElementsAre(0, 0, 1, 18, 255, 10));
}

TEST(OpenDataset, RefusesLabelsOfAnotherIdSpace) {
  const MadeDataset made;
  made.image("leftImg8bit/val/ulm/a_leftImg8bit.png");
  // Label ids under the name of train ids.
  made.label("gtFine/val/ulm/a_gtFine_labelTrainIds.png", {7, 26, 26, 33, 0, 23});
  const Dataset dataset =
      open_dataset("cityscapes", made.root(), "val", {.labels = "cityscapes-train-ids"});
  const std::string message =
      message_of<DataError>([&] { read_label(dataset, dataset.samples[0]); });
  EXPECT_THAT(message, HasSubstr("a_gtFine_labelTrainIds.png"));
  EXPECT_THAT(message, HasSubstr("23 (1 px), 26 (2 px), 33 (1 px)"));
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { open_dataset("cityscapes", made.root(), "val", {.labels = "idd"}); }),
              HasSubstr("not those of \"idd\" but of cityscapes, cityscapes-train-ids"));
}

TEST(OpenDataset, TellsImagesWithoutLabelsAndLabelsWithoutImages) {
  const MadeDataset made;
  made.image("leftImg8bit/val/ulm/a_leftImg8bit.png");
  made.label("gtFine/val/ulm/b_gtFine_labelIds.png", {0, 0, 0, 0, 0, 0});
  made.label("gtFine/val/jena/c_gtFine_labelIds.png", {0, 0, 0, 0, 0, 0});
  const Dataset dataset = open_dataset("cityscapes", made.root(), "val");
  EXPECT_EQ(dataset.samples.at(0).label, "");
  EXPECT_THAT(dataset.unmatched, ElementsAre("gtFine/val/jena/c_gtFine_labelIds.png",
                                             "gtFine/val/ulm/b_gtFine_labelIds.png"));
  EXPECT_THROW(read_label(dataset, dataset.samples[0]), std::invalid_argument);
}

TEST(OpenDataset, ListsCamVidOfIds) {
  const MadeDataset made;
  made.image("val/images/0016E5_07959.jpg");
  made.label("val/labels/0016E5_07959.png", {0, 1, 10, 11, 3, 3});
  const Dataset dataset = open_dataset("camvid", made.root(), "val");
  EXPECT_EQ(dataset.labels.name(), "camvid");
  EXPECT_THAT(ids_of(dataset), ElementsAre("0016E5_07959"));
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(0, 1, 10, 11, 3, 3));
  EXPECT_THROW(open_dataset("camvid", made.root(), "val", {.labels = "camvid-32"}), DataError);
}

TEST(OpenDataset, DecodesTheColorsOfCamVid) {
  const MadeDataset made;
  made.image("701_StillsRaw_full/0016E5_07959.png");
  const at::Tensor colors = at::zeros({3, 1, 2}, at::kByte);
  colors[0][0][1] = 64;  // SUVPickupTruck: 64 128 192; the other pixel is Void
  colors[1][0][1] = 128;
  colors[2][0][1] = 192;
  save_png(made.at("LabeledApproved_full/0016E5_07959_L.png"), colors);
  const Dataset dataset = open_dataset("camvid", made.root(), "all");
  EXPECT_EQ(dataset.labels.name(), "camvid-32");
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(30, 22));
  colors[2][0][1] = 193;
  save_png(made.at("LabeledApproved_full/0016E5_07959_L.png"), colors);
  EXPECT_THAT(message_of<DataError>([&] { read_label(dataset, dataset.samples[0]); }),
              HasSubstr("pixel (0, 1): the color 64 128 193"));
}

TEST(OpenDataset, SaysWhatIsMissing) {
  const MadeDataset made;
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open_dataset("camvd", made.root(), "val"); }),
              HasSubstr("did you mean"));
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { open_dataset("cityscapes", made.root(), "validation"); }),
              HasSubstr("val"));
  EXPECT_THAT(message_of<FileError>([&] { open_dataset("cityscapes", made.root(), "val"); }),
              HasSubstr("leftImg8bit/val"));
  EXPECT_THROW(open_dataset("cityscapes", made.root() / "none", "val"), FileError);
  std::filesystem::create_directories(made.root() / "leftImg8bit/val/ulm");
  EXPECT_THAT(message_of<DataError>([&] { open_dataset("cityscapes", made.root(), "val"); }),
              HasSubstr("no image"));
}

TEST(SampleOf, FindsOrNamesTheNearest) {
  const MadeDataset made;
  made.image("val/images/one.jpg");
  made.image("val/images/two.jpg");
  made.label("val/labels/one.png", {0, 0, 0, 0, 0, 0});
  const Dataset dataset = open_dataset("camvid", made.root(), "val");
  EXPECT_EQ(sample_of(dataset, "two").image, "val/images/two.jpg");
  EXPECT_THAT(message_of<std::invalid_argument>([&] { sample_of(dataset, "tow"); }),
              HasSubstr("'two'"));
}

}  // namespace
}  // namespace situ
