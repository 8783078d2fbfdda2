// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/datasets/dataset.h"
#include "situ/exports/export_dataset.h"
#include "situ/exports/made_export.h"
#include "situ/exports/sample_masks.h"

namespace situ {
namespace {

using ::testing::ElementsAre;
using testing::export_numbers;
using testing::MadeExport;

TEST(AnomalyMap, KnowsAnomaliesObjectsAndWhatIsLeftOut) {
  const MadeExport made;
  const at::Tensor map = anomaly_map(made.sample(1), made.source().labels);
  EXPECT_THAT(export_numbers(map[0]), ElementsAre(0, 0, 1, 1, 0, 0));
  EXPECT_THAT(export_numbers(map[1]), ElementsAre(0, 1, 0, 0, 0, 0));
  EXPECT_THAT(export_numbers(map[2]), ElementsAre(0, 1, 1, 1, 0, 0));
  EXPECT_THAT(export_numbers(map[3]), ElementsAre(255, 255, 255, 255, 255, 255));
}

TEST(AnomalyMap, LeavesIgnoredClassesOut) {
  ExportSample sample;
  sample.height = 1;
  sample.width = 3;
  sample.label = at::tensor({7, 4, 0}, at::kByte).view({1, 3});  // road, static, unlabeled
  EXPECT_THAT(export_numbers(anomaly_map(sample, known_label_set("cityscapes"))),
              ElementsAre(0, 255, 255));
}

TEST(SmiycExport, HasBinaryMasksBesideTheImages) {
  const MadeExport made;
  export_dataset(made.source(), "smiyc", made.output());
  const at::Tensor map =
      load_labels(made.output() / "labels_masks/ulm_ulm_000002_000019-dog_labels_semantic.png");
  EXPECT_TRUE(at::equal(map, anomaly_map(made.sample(1), made.source().labels)));
}

TEST(FishyscapesExport, NumbersThePairs) {
  const MadeExport made;
  export_dataset(made.source(), "fishyscapes", made.output());
  const std::string start = "0001_ulm_ulm_000002_000019-dog_";
  EXPECT_TRUE(
      at::equal(load_image(made.output() / (start + "rgb.png")), load_image(made.sample(1).image)));
  EXPECT_TRUE(at::equal(load_labels(made.output() / (start + "labels.png")),
                        anomaly_map(made.sample(1), made.source().labels)));
}

TEST(CityscapesExport, IsReadAsCityscapes) {
  const MadeExport made;
  export_dataset(made.source(), "cityscapes", made.output());
  Dataset back =
      open_dataset("cityscapes", made.output(), "val", {.labels = "cityscapes-train-ids"});
  ASSERT_EQ(back.samples.size(), 2u);
  EXPECT_EQ(attributes_of(back, back.samples[1]).at("city"), "ulm");
  back.labels = made.source().labels;
  EXPECT_TRUE(at::equal(read_label(back, back.samples[1]), made.sample(1).label));
  const at::Tensor instances = read_instances(back, back.samples[1]);
  EXPECT_THAT(export_numbers(instances[0]), ElementsAre(0, 0, 19000, 19000, 0, 13));
  EXPECT_THAT(export_numbers(instances[1]), ElementsAre(0, 19000, 0, 13000, 13000, 13));
  EXPECT_THAT(export_numbers(instances[3]), ElementsAre(255, 255, 255, 255, 255, 255));
  const at::Tensor color =
      load_image(made.output() / "gtFine/val/ulm/ulm_ulm_000002_000019-dog_gtFine_color.png");
  EXPECT_THAT(export_numbers(color.select(1, 0).select(1, 2)), ElementsAre(1, 2, 3));
}

TEST(CityscapesExport, DoesNotCountClassesWithoutANumberOf16Bits) {
  const MadeExport made;
  ExportSource source = made.source();
  source.labels = source.labels.with({{.id = 100, .name = "stroller"}});
  source.count = 1;
  source.sample = [&](std::size_t) {
    ExportSample sample = made.sample(0);
    sample.objects[0].class_id = 100;
    sample.label.masked_fill_(sample.objects[0].mask, 100);
    return sample;
  };
  export_dataset(source, "cityscapes", made.output());
  const at::Tensor instances = load_labels(
      made.output() / "gtFine/val/ulm/ulm_ulm_000001_000019-dog_gtFine_instanceIds.png");
  EXPECT_THAT(export_numbers(instances[0]), ElementsAre(0, 0, 100, 100, 0, 13));
}

TEST(CityscapesExport, WritesOtherImagesAsPng) {
  const MadeExport made;
  ExportSource source = made.source();
  source.count = 1;
  const TemporaryFolder folder;
  std::filesystem::copy(made.sample(0).image, folder / "one.jpg");
  source.sample = [&](std::size_t) {
    ExportSample sample = made.sample(0);
    sample.image = folder / "one.jpg";
    return sample;
  };
  export_dataset(source, "cityscapes", made.output());
  EXPECT_TRUE(at::equal(load_image(made.output() / "leftImg8bit/val/ulm" /
                                   "ulm_ulm_000001_000019-dog_leftImg8bit.png"),
                        load_image(made.sample(0).image)));
}

TEST(CityscapesExport, GoesOnNumberingInstances) {
  const MadeExport made;
  ExportSource source = made.source();
  source.count = 1;
  source.sample = [&](std::size_t) {
    ExportSample sample = made.sample(1);
    sample.instances = sample.label.to(at::kInt);
    sample.instances[0][5] = 13004;
    return sample;
  };
  export_dataset(source, "cityscapes", made.output());
  const at::Tensor instances = load_labels(
      made.output() / "gtFine/val/ulm/ulm_ulm_000002_000019-dog_gtFine_instanceIds.png");
  EXPECT_THAT(export_numbers(instances[1]), ElementsAre(0, 19000, 0, 13005, 13005, 13));
}

}  // namespace
}  // namespace situ
