// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "situ/datasets/coco_annotations.h"
#include "situ/exports/export_dataset.h"
#include "situ/exports/made_export.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using testing::export_numbers;
using testing::MadeExport;

constexpr const char* kSecond = "ulm_ulm_000002_000019-dog";

TEST(CocoExport, DescribesEachObject) {
  const MadeExport made;
  export_dataset(made.source(), "coco", made.output());
  const json document = load_json(made.output() / "annotations/instances_val.json");
  ASSERT_EQ(document["images"].size(), 2u);
  EXPECT_EQ(document["images"][1]["id"], 2);
  EXPECT_EQ(document["images"][1]["file_name"], std::string(kSecond) + ".png");
  EXPECT_EQ(document["images"][1]["situ_id"], "ulm/ulm_000002_000019-dog");
  EXPECT_EQ(document["images"][1]["width"], 6);
  ASSERT_EQ(document["annotations"].size(), 3u);
  const json& dog = document["annotations"][0];
  EXPECT_EQ(dog["category_id"], 19);
  EXPECT_EQ(dog["area"], 7);
  EXPECT_EQ(dog["bbox"], (json{1, 0, 3, 3}));
  EXPECT_EQ(dog["segmentation"]["size"], (json{4, 6}));
  EXPECT_EQ(dog["is_ood"], true);
  EXPECT_EQ(dog["prompt"], "a dog");
  EXPECT_EQ(run_length_from_text(dog["segmentation"]["counts"].get<std::string>(), 4, 6).counts,
            (std::vector<uint32_t>{5, 2, 1, 1, 1, 1, 1, 3, 9}));
  const json& car = document["annotations"][2];
  EXPECT_EQ(car["image_id"], 2);
  EXPECT_EQ(car["bbox"], (json{3, 1, 2, 1}));
  EXPECT_EQ(car["is_ood"], false);
  // The things of Cityscapes (8) and the new classes.
  EXPECT_EQ(document["categories"].size(), 10u);
}

TEST(CocoExport, ReadsBackAsItWas) {
  const MadeExport made;
  export_dataset(made.source(), "coco", made.output());
  const CocoAnnotations back(made.output() / "annotations/instances_val.json", false);
  const at::Tensor ids = back.class_ids(kSecond, "");
  const ExportSample sample = made.sample(1);
  EXPECT_TRUE(at::equal(ids == 19, sample.objects[0].mask));
  EXPECT_TRUE(at::equal(ids == 13, sample.objects[1].mask));
}

TEST(CocoPanopticExport, HasASegmentForEachObjectAndRegion) {
  const MadeExport made;
  export_dataset(made.source(), "coco-panoptic", made.output());
  const json document = load_json(made.output() / "annotations/panoptic_val.json");
  const json& segments = document["annotations"][1]["segments_info"];
  ASSERT_EQ(segments.size(), 4u);
  // Road: 18 labelled pixels less 6 of the dog, 2 of the new car and 2 of the old one.
  EXPECT_EQ(segments[0]["category_id"], 0);
  EXPECT_EQ(segments[0]["area"], 8);
  EXPECT_EQ(segments[0]["iscrowd"], 0);
  // The old car; how many it is, the label does not say.
  EXPECT_EQ(segments[1]["category_id"], 13);
  EXPECT_EQ(segments[1]["area"], 2);
  EXPECT_EQ(segments[1]["iscrowd"], 1);
  EXPECT_EQ(segments[2]["category_id"], 19);
  EXPECT_EQ(segments[2]["area"], 6);
  EXPECT_EQ(segments[2]["is_ood"], true);
  EXPECT_EQ(segments[3]["category_id"], 13);
  EXPECT_EQ(segments[3]["bbox"], (json{3, 1, 2, 1}));
  EXPECT_EQ(segments[3]["iscrowd"], 0);

  const CocoAnnotations back(made.output() / "annotations/panoptic_val.json", true);
  const at::Tensor ids = back.class_ids(
      kSecond, (made.output() / "annotations/panoptic_val" / kSecond).string() + ".png");
  const at::Tensor label = made.sample(1).label;
  EXPECT_TRUE(at::equal(ids.slice(0, 0, 3), label.slice(0, 0, 3).to(at::kInt)));
  EXPECT_THAT(export_numbers(ids[3]), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(CocoPanopticExport, TellsInstancesApartWhereThereIsAMapOfThem) {
  const MadeExport made;
  ExportSource source = made.source();
  source.count = 1;
  source.sample = [&](std::size_t) {
    ExportSample sample = made.sample(0);
    sample.instances = sample.label.to(at::kInt);
    sample.instances[0][5] = 13000;
    sample.instances[1][5] = 13001;
    return sample;
  };
  export_dataset(source, "coco-panoptic", made.output());
  const json document = load_json(made.output() / "annotations/panoptic_val.json");
  const json& segments = document["annotations"][0]["segments_info"];
  ASSERT_EQ(segments.size(), 4u);
  EXPECT_EQ(segments[1]["category_id"], 13);
  EXPECT_EQ(segments[1]["bbox"], (json{5, 0, 1, 1}));
  EXPECT_EQ(segments[1]["iscrowd"], 0);
  EXPECT_EQ(segments[2]["bbox"], (json{5, 1, 1, 1}));
}

}  // namespace
}  // namespace situ
