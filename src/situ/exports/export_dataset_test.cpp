// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/export_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/exports/made_export.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

using ::testing::HasSubstr;
using testing::MadeExport;
using testing::message_of;

TEST(ExportDataset, KeepsTheBytesOfImagesAndTheCleanOnes) {
  const MadeExport made;
  std::vector<int64_t> done;
  export_dataset(made.source(), "smiyc", made.output(),
                 {.progress = [&](int64_t count) { done.push_back(count); }});
  const std::string name = "ulm_ulm_000001_000019-dog.png";
  const ExportSample sample = made.sample(0);
  EXPECT_EQ(read_file(made.output() / "images" / name), read_file(sample.image));
  EXPECT_EQ(read_file(made.output() / "clean" / name), read_file(sample.clean_image));
  EXPECT_EQ(done, (std::vector<int64_t>{1, 2}));
}

TEST(ExportDataset, LinksWhereItIsAskedTo) {
  const MadeExport made;
  export_dataset(made.source(), "smiyc", made.output(), {.link_images = true});
  EXPECT_TRUE(std::filesystem::equivalent(made.output() / "images/ulm_ulm_000001_000019-dog.png",
                                          made.sample(0).image));
}

TEST(ExportDataset, EveryFormatTakesTheSameSource) {
  for (const std::string& format : export_formats()) {
    const MadeExport made;
    EXPECT_NO_THROW(export_dataset(made.source(), format, made.output())) << format;
  }
}

TEST(ExportDataset, LeavesFoldersWithFilesAlone) {
  const MadeExport made;
  std::filesystem::create_directories(made.output());
  testing::put(made.output() / "mine.txt", "mine");
  EXPECT_THAT(message_of<FileError>([&] { export_dataset(made.source(), "coco", made.output()); }),
              HasSubstr("not empty"));
  EXPECT_EQ(read_file(made.output() / "mine.txt"), "mine");
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { export_dataset(made.source(), "cocoo", made.output()); }),
              HasSubstr("'coco'"));
}

class RefusedSample : public ::testing::Test {
 protected:
  std::string refused(const std::string& format, const std::function<void(ExportSample&)>& spoil) {
    const MadeExport made;
    ExportSource source = made.source();
    source.sample = [&](std::size_t place) {
      ExportSample sample = made.sample(place);
      spoil(sample);
      return sample;
    };
    return message_of<DataError>([&] { export_dataset(source, format, made.output()); });
  }
};

TEST_F(RefusedSample, WithMapsOfAnotherSize) {
  EXPECT_THAT(refused("coco", [](ExportSample& s) { s.objects[0].mask = s.objects[0].mask.t(); }),
              HasSubstr("expected [4, 6], got [6, 4]"));
  EXPECT_THAT(refused("voc", [](ExportSample& s) { s.label = s.label.slice(0, 1); }),
              HasSubstr("label"));
}

TEST_F(RefusedSample, WithoutALabelWhereOneIsNeeded) {
  EXPECT_THAT(refused("cityscapes", [](ExportSample& s) { s.label = at::Tensor(); }),
              HasSubstr("no label"));
}

TEST_F(RefusedSample, WithIdsThatBytesCannotHold) {
  EXPECT_THAT(refused("voc", [](ExportSample& s) { s.label = s.label.to(at::kInt) + 300; }),
              HasSubstr("does not fit"));
}

TEST_F(RefusedSample, WithAClassThatTheSetLacks) {
  for (const std::string format : {"coco", "coco-panoptic", "yolo-seg", "voc", "fiftyone"}) {
    EXPECT_THAT(refused(format, [](ExportSample& s) { s.objects[0].class_id = 77; }),
                HasSubstr("no class 77"))
        << format;
  }
}

TEST_F(RefusedSample, WithTheNameOfAnother) {
  EXPECT_THAT(refused("coco", [](ExportSample& s) { s.id = "ulm/same"; }),
              HasSubstr("another sample"));
}

TEST(ExportDataset, KeepsNamesInsideTheFolder) {
  const MadeExport made;
  ExportSource source = made.source();
  source.count = 1;
  source.sample = [&](std::size_t) {
    ExportSample sample = made.sample(0);
    sample.id = "../../etc/a b";
    return sample;
  };
  export_dataset(source, "smiyc", made.output());
  EXPECT_TRUE(std::filesystem::exists(made.output() / "images/_.._.._etc_a_b.png"));
}

}  // namespace
}  // namespace situ
