// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/generated_source.h"

#include <gtest/gtest.h>

#include "situ/exports/export_dataset.h"
#include "situ/generation/made_finished_dataset.h"

namespace situ {
namespace {

using testing::MadeFinishedDataset;

TEST(OpenGeneratedDataset, HasTheSamplesWithAnObject) {
  const MadeFinishedDataset made;
  const ExportSource source = open_generated_dataset(made.root(), made.source());
  EXPECT_EQ(source.name, "made");
  EXPECT_EQ(source.split, "val");
  EXPECT_EQ(source.labels.name(), "cityscapes-train-ids");
  ASSERT_EQ(source.count, 1u);
  const ExportSample sample = source.sample(0);
  EXPECT_EQ(sample.id, "ulm/ulm_000000_000019/0");
  EXPECT_EQ(sample.image, made.root() / MadeFinishedDataset::kImage);
  EXPECT_EQ(sample.clean_image, made.source() / MadeFinishedDataset::kSourceImage);
  ASSERT_EQ(sample.objects.size(), 2u);
  EXPECT_EQ(sample.objects[0].class_name, "dog");
  EXPECT_EQ(sample.objects[0].mask.sum().item<int64_t>(), 4);
  EXPECT_EQ(sample.objects[1].class_id, 12);
  EXPECT_EQ(sample.objects[1].mask.nonzero().numel(), 2);
  EXPECT_TRUE(sample.objects[1].mask[0][2].item<bool>());
  EXPECT_TRUE(sample.clean_image.is_absolute());
  EXPECT_TRUE(open_generated_dataset(made.root(), std::nullopt).sample(0).clean_image.empty());
}

TEST(OpenGeneratedDataset, GoesIntoEveryFormat) {
  for (const std::string& format : export_formats()) {
    const MadeFinishedDataset made;
    EXPECT_NO_THROW(
        export_dataset(open_generated_dataset(made.root(), std::nullopt), format, made.output()))
        << format;
  }
}

}  // namespace
}  // namespace situ
