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

constexpr const char* kInstances = "annotations/instances_val2017.json";
constexpr const char* kPanoptic = "annotations/panoptic_val2017.json";

/// Three columns, two rows: a cat (17) as the outline of the left column, a dog (18) as runs of the
/// right column and, first in the file, a crowd of persons (1) everywhere.
constexpr const char* kObjects = R"({
  "images": [{"id": 7, "file_name": "000007.jpg", "height": 2, "width": 3},
             {"id": 8, "file_name": "000008.jpg", "height": 2, "width": 3}],
  "annotations": [
    {"id": 1, "image_id": 7, "category_id": 17, "iscrowd": 0,
     "segmentation": [[0, 0, 1, 0, 1, 2, 0, 2]]},
    {"id": 2, "image_id": 7, "category_id": 18, "iscrowd": 0,
     "segmentation": {"size": [2, 3], "counts": [4, 2]}},
    {"id": 3, "image_id": 7, "category_id": 1, "iscrowd": 1,
     "segmentation": {"size": [2, 3], "counts": [0, 6]}}],
  "categories": []})";

TEST(Coco, PaintsOutlinesAndRunsOverCrowds) {
  const MadeDataset made;
  made.image("val2017/000007.jpg");
  made.text(kInstances, kObjects);
  const Dataset dataset = open_dataset("coco", made.root(), "val2017");
  ASSERT_EQ(dataset.samples.size(), 1u);
  EXPECT_THAT(dataset.unmatched, ElementsAre("val2017/000008.jpg"));
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples[0])), ElementsAre(17, 1, 18, 17, 1, 18));
  EXPECT_THAT(numbers(read_instances(dataset, dataset.samples[0])), ElementsAre(1, 3, 2, 1, 3, 2));
}

TEST(Coco, AnImageWithoutObjectsIsUnlabelled) {
  const MadeDataset made;
  made.image("images/val2017/000007.jpg");
  made.image("images/val2017/000008.jpg");
  made.text(kInstances, kObjects);
  const Dataset dataset = open_dataset("coco", made.root(), "val2017");
  EXPECT_THAT(numbers(read_label(dataset, sample_of(dataset, "000008"))),
              ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(Coco, RefusesFilesThatAreNoAnnotations) {
  const MadeDataset made;
  made.image("val2017/000007.jpg");
  const auto refused = [&](std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    made.text(kInstances, text);
    return message_of<DataError>([&] {
      const Dataset dataset = open_dataset("coco", made.root(), "val2017");
      read_label(dataset, dataset.samples.at(0));
    });
  };
  EXPECT_THAT(refused(kObjects, "\"images\"", "\"pictures\""), HasSubstr("images"));
  EXPECT_THAT(refused(kObjects, "000008.jpg", "../8.jpg"), HasSubstr("plain file name"));
  EXPECT_THAT(refused(kObjects, "000008.jpg", "000007.jpg"), HasSubstr("stands twice"));
  EXPECT_THAT(refused(kObjects, "\"image_id\": 7", "\"image_id\": 9"), HasSubstr("annotations[0]"));
  EXPECT_THAT(refused(kObjects, "\"height\": 2", "\"height\": 2000000000"), HasSubstr("000007"));
  EXPECT_THAT(refused(kObjects, "[4, 2]", "[4, 3]"), HasSubstr("add up"));
  EXPECT_THAT(refused(kObjects, "[4, 2]", "[4, -2]"), HasSubstr("counts"));
  EXPECT_THAT(refused(kObjects, "[4, 2]", "7"), HasSubstr("counts"));
  EXPECT_THAT(refused(kObjects, "[0, 0, 1, 0, 1, 2, 0, 2]", "[0, 0, 1]"),
              HasSubstr("annotation 1: polygon: expected x and y of at least three corners"));
  EXPECT_THAT(refused(kObjects, "\"category_id\": 17", "\"category_id\": -1"),
              HasSubstr("category_id: -1"));
  EXPECT_THAT(refused(kObjects, "\"category_id\": 17", "\"category_id\": 70000"),
              HasSubstr("category_id: 70000"));
  EXPECT_THAT(refused(kObjects, "[0, 0, 1, 0, 1, 2, 0, 2]", "[0, \"x\"]"), HasSubstr("numbers"));
  EXPECT_THAT(refused(kObjects, "\"category_id\": 17", "\"category_id\": 12"),
              HasSubstr("12 (2 px)"));
  EXPECT_THAT(refused(kObjects, "\"categories\": []}", ""), HasSubstr("instances_val2017"));
}

/// R + 256 G + 65536 B: segment 300 is 44 1 0.
constexpr const char* kSegments = R"({
  "images": [{"id": 7, "file_name": "000007.jpg", "height": 1, "width": 3}],
  "annotations": [{"image_id": 7, "file_name": "000007.png", "segments_info": [
    {"id": 300, "category_id": 17, "iscrowd": 0}, {"id": 65536, "category_id": 149}]}],
  "categories": []})";

void save_segments(const MadeDataset& made) {
  const at::Tensor colors = at::zeros({3, 1, 3}, at::kByte);
  colors[0][0][0] = 44;
  colors[1][0][0] = 1;
  colors[2][0][2] = 1;
  save_png(made.at("annotations/panoptic_val2017/000007.png"), colors);
}

TEST(CocoPanoptic, LooksUpTheClassOfEachSegment) {
  const MadeDataset made;
  made.image("val2017/000007.jpg");
  made.text(kPanoptic, kSegments);
  save_segments(made);
  const Dataset dataset = open_dataset("coco-panoptic", made.root(), "val2017");
  EXPECT_THAT(numbers(read_label(dataset, dataset.samples.at(0))), ElementsAre(17, 0, 149));
  EXPECT_THAT(numbers(read_instances(dataset, dataset.samples[0])), ElementsAre(1, 0, 2));
}

TEST(CocoPanoptic, RefusesSegmentsThatTheListLacks) {
  const MadeDataset made;
  made.image("val2017/000007.jpg");
  std::string text = kSegments;
  text.replace(text.find("65536"), 5, "65537");
  made.text(kPanoptic, text);
  save_segments(made);
  const Dataset dataset = open_dataset("coco-panoptic", made.root(), "val2017");
  EXPECT_THAT(message_of<DataError>([&] { read_label(dataset, dataset.samples.at(0)); }),
              HasSubstr("segment 65536"));
}

TEST(CocoPanoptic, MissesThePictureThatIsNotThere) {
  const MadeDataset made;
  made.image("val2017/000007.jpg");
  made.text(kPanoptic, kSegments);
  EXPECT_THROW(open_dataset("coco-panoptic", made.root(), "val2017"), FileError);
  made.text("annotations/panoptic_val2017/other.png", "");
  const Dataset dataset = open_dataset("coco-panoptic", made.root(), "val2017");
  EXPECT_EQ(dataset.samples.at(0).label, "");
}

}  // namespace
}  // namespace situ
