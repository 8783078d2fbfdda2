// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"
#include "situ/datasets/dataset.h"
#include "situ/datasets/made_dataset.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MadeDataset;
using testing::message_of;
using testing::numbers;

TEST(Idd, HasSequencesAndImagesOfBothFormats) {
  const MadeDataset made;
  made.image("leftImg8bit/val/119/a_leftImg8bit.jpg");
  made.image("leftImg8bit/val/201/b_leftImg8bit.png");
  made.label("gtFine/val/119/a_gtFine_labellevel3Ids.png", {0, 2, 25, 255, 9, 9});
  made.label("gtFine/val/119/a_gtFine_labelids.png", {29, 29, 29, 29, 29, 29});
  const Dataset dataset = open_dataset("idd", made.root(), "val");
  ASSERT_EQ(dataset.samples.size(), 2u);
  EXPECT_EQ(dataset.samples[0].id, "119/a");
  EXPECT_EQ(dataset.samples[1].image, "leftImg8bit/val/201/b_leftImg8bit.png");
  EXPECT_EQ(dataset.samples[1].label, "");
  EXPECT_EQ(attributes_of(dataset, dataset.samples[1]).at("sequence"), "201");
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(0, 2, 25, 255, 9, 9));
  EXPECT_TRUE(dataset.unmatched.empty());
}

TEST(IddLite, HasNamesOfItsOwn) {
  const MadeDataset made;
  made.image("leftImg8bit/train/0/024541_image.jpg");
  made.label("gtFine/train/0/024541_label.png", {0, 1, 2, 6, 255, 5});
  made.label("gtFine/train/0/024541_inst_label.png", {0, 0, 1, 0, 0, 0});
  const Dataset dataset = open_dataset("idd-lite", made.root(), "train");
  ASSERT_EQ(dataset.samples.size(), 1u);
  EXPECT_EQ(dataset.samples[0].instances, "gtFine/train/0/024541_inst_label.png");
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(0, 1, 2, 6, 255, 5));
  EXPECT_TRUE(dataset.unmatched.empty());
}

TEST(Acdc, HasConditionsInBothLayouts) {
  for (const std::string above : {"rgb_anon_trainvaltest/", ""}) {
    const MadeDataset made;
    const std::string labels = above.empty() ? "gt/" : "gt_trainval/gt/";
    made.image(above + "rgb_anon/night/val/GOPR0351/f_rgb_anon.png");
    made.image(above + "rgb_anon/fog/val/GOPR0475/f_rgb_anon.png");
    made.image(above + "rgb_anon/fog/val_ref/GOPR0475/f_rgb_ref_anon.png");
    made.image(above + "rgb_anon/fog/train/GOPR0475/g_rgb_anon.png");
    made.label(labels + "fog/val/GOPR0475/f_gt_labelIds.png", {7, 8, 33, 0, 0, 0});
    made.label(labels + "fog/val/GOPR0475/f_gt_labelTrainIds.png", {0, 1, 18, 255, 255, 255});
    const Dataset dataset = open_dataset("acdc", made.root(), "val");
    ASSERT_EQ(dataset.samples.size(), 2u);
    EXPECT_EQ(dataset.samples[0].id, "fog/GOPR0475/f");
    EXPECT_EQ(attributes_of(dataset, dataset.samples[1]).at("condition"), "night");
    EXPECT_EQ(attributes_of(dataset, dataset.samples[1]).at("recording"), "GOPR0351");
    EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(7, 8, 33, 0, 0, 0));
    const Dataset train_ids =
        open_dataset("acdc", made.root(), "val", {.labels = "cityscapes-train-ids"});
    EXPECT_THAT(numbers(read_label(train_ids, train_ids.samples[0])),
                ElementsAre(0, 1, 18, 255, 255, 255));
  }
}

TEST(Bdd100k, HasTheLayoutsOfBothReleases) {
  const MadeDataset made;
  made.image("seg/images/val/7d06fefd.jpg");
  made.label("seg/labels/val/7d06fefd_train_id.png", {0, 18, 255, 3, 3, 3});
  const Dataset first = open_dataset("bdd100k", made.root(), "val");
  EXPECT_EQ(first.samples.at(0).label, "seg/labels/val/7d06fefd_train_id.png");
  made.image("images/10k/val/7d06fefd.jpg");
  made.label("labels/sem_seg/masks/val/7d06fefd.png", {0, 18, 255, 3, 3, 3});
  const Dataset second = open_dataset("bdd100k", made.root(), "val");
  EXPECT_EQ(second.samples.at(0).label, "labels/sem_seg/masks/val/7d06fefd.png");
  EXPECT_THAT(numbers(read_label(second, second.samples[0])), ElementsAre(0, 18, 255, 3, 3, 3));
}

TEST(PascalVoc, FollowsTheListOfItsSplit) {
  const MadeDataset made;
  const std::string year = "VOCdevkit/VOC2012/";
  made.text(year + "ImageSets/Segmentation/val.txt", "2007_000033\n2007_000042\n");
  made.image(year + "JPEGImages/2007_000033.jpg");
  made.image(year + "JPEGImages/2007_000032.jpg");
  made.label(year + "SegmentationClass/2007_000033.png", {0, 1, 20, 255, 0, 0});
  made.label(year + "SegmentationObject/2007_000033.png", {0, 1, 2, 255, 0, 0});
  for (const char* const root : {"", "VOCdevkit", "VOCdevkit/VOC2012"}) {
    const Dataset dataset = open_dataset("pascal-voc", made.root() / root, "val");
    ASSERT_EQ(dataset.samples.size(), 1u);
    EXPECT_EQ(dataset.samples[0].id, "2007_000033");
    EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(0, 1, 20, 255, 0, 0));
    EXPECT_THAT(numbers(read_instances(dataset, dataset.samples[0])),
                ElementsAre(0, 1, 2, 255, 0, 0));
    EXPECT_THAT(dataset.unmatched, ElementsAre(HasSubstr("JPEGImages/2007_000042.jpg")));
  }
  made.text(year + "ImageSets/Segmentation/val.txt", "../../../../etc/passwd\n");
  EXPECT_THROW(open_dataset("pascal-voc", made.root(), "val"), DataError);
  EXPECT_THROW(open_dataset("pascal-voc", made.root(), "train"), FileError);
}

TEST(CamVid, HasTheLayoutOfTheSegNetTutorial) {
  const MadeDataset made;
  made.image("test/0001TP_008550.png");
  made.label("testannot/0001TP_008550.png", {0, 1, 2, 11, 4, 4});
  const Dataset dataset = open_dataset("camvid", made.root(), "test");
  EXPECT_EQ(dataset.labels.name(), "camvid");
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples.at(0))), ElementsAre(0, 1, 2, 11, 4, 4));
}

TEST(CamVid, HasSplitsOfColors) {
  const MadeDataset made;
  made.image("train/0001TP_006690.png");
  save_png(made.at("train_labels/0001TP_006690_L.png"), at::zeros({3, 2, 3}, at::kByte));
  const Dataset dataset = open_dataset("camvid", made.root(), "train");
  EXPECT_EQ(dataset.labels.name(), "camvid-32");
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples.at(0))),
              ElementsAre(30, 30, 30, 30, 30, 30));
  EXPECT_THROW(open_dataset("camvid", made.root(), "val"), FileError);
}

TEST(Folder, NeedsNoLabels) {
  const MadeDataset made;
  made.image("b.jpg");
  made.image("a.png");
  made.text("notes.txt", "no image");
  const Dataset dataset = open_dataset("folder", made.root(), "");
  ASSERT_EQ(dataset.samples.size(), 2u);
  EXPECT_EQ(dataset.samples[0].image, "a.png");
  EXPECT_FALSE(dataset.labels_expected);
}

TEST(Folder, TakesLabelsOfANamedSet) {
  const MadeDataset made;
  made.image("small/images/a.png");
  made.label("small/category8/a.png", {0, 7, 1, 2, 3, 4});
  const DatasetOptions options{.labels = "cityscapes-categories", .label_folder = "category8"};
  const Dataset dataset = open_dataset("folder", made.root(), "small", options);
  EXPECT_EQ(dataset.samples.at(0).id, "a");
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(0, 7, 1, 2, 3, 4));
  EXPECT_THAT(message_of<std::invalid_argument>([&] {
                open_dataset("folder", made.root(), "small", {.label_folder = "category8"});
              }),
              HasSubstr("which label set"));
  EXPECT_THROW(
      open_dataset("folder", made.root(), "small", {.labels = "camvid", .label_folder = "none"}),
      FileError);
  EXPECT_THROW(open_dataset("camvid", made.root(), "val", {.label_folder = "category8"}),
               std::invalid_argument);
}

TEST(Folder, RefusesTwoImagesOfOneName) {
  const MadeDataset made;
  made.image("a.jpg");
  made.image("a.png");
  EXPECT_THAT(message_of<DataError>([&] { open_dataset("folder", made.root(), ""); }),
              HasSubstr("named alike"));
}

}  // namespace
}  // namespace situ
