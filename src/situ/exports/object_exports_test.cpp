// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "situ/datasets/dataset.h"
#include "situ/exports/brush_run_length.h"
#include "situ/exports/export_dataset.h"
#include "situ/exports/made_export.h"
#include "situ/imaging/polygon.h"
#include "situ/io/file_bytes.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing::MadeExport;

constexpr const char* kSecond = "ulm_ulm_000002_000019-dog";

/// What a reader of the format fills for one line: the class number and the mask.
std::pair<int, at::Tensor> filled(const std::string& line, int64_t height, int64_t width) {
  std::istringstream numbers(line);
  int class_number = -1;
  numbers >> class_number;
  std::vector<double> corners;
  double share = 0;
  while (numbers >> share) {
    const auto side = static_cast<double>(corners.size() % 2 == 0 ? width : height);
    corners.push_back(std::round(share * side));
  }
  return {class_number, run_length_decode(polygon_run_length(corners, height, width))};
}

TEST(YoloExport, OutlinesFillToTheMasks) {
  const MadeExport made;
  export_dataset(made.source(), "yolo-seg", made.output());
  std::istringstream lines(
      read_file(made.output() / "labels/val" / (std::string(kSecond) + ".txt")));
  const ExportSample sample = made.sample(1);
  std::string line;
  for (const ExportObject& object : sample.objects) {
    ASSERT_TRUE(std::getline(lines, line));
    const auto [number, mask] = filled(line, 4, 6);
    EXPECT_EQ(number, object.class_id);  // the train ids have no gaps
    EXPECT_TRUE(at::equal(mask, object.mask)) << line;
  }
  EXPECT_FALSE(std::getline(lines, line));
  const std::string config = read_file(made.output() / "data.yaml");
  EXPECT_THAT(config, HasSubstr("val: images/val\n"));
  EXPECT_THAT(config, HasSubstr("  19: \"dog\"  # id 19\n"));
  EXPECT_TRUE(
      std::filesystem::exists(made.output() / "images/val" / (std::string(kSecond) + ".png")));
}

TEST(YoloExport, NumbersClassesWithoutGaps) {
  const MadeExport made;
  ExportSource source = made.source();
  source.labels = known_label_set("cityscapes-train-ids").with({{.id = 100, .name = "dog"}});
  source.count = 1;
  source.sample = [&](std::size_t) {
    ExportSample sample = made.sample(0);
    sample.objects[0].class_id = 100;
    return sample;
  };
  export_dataset(source, "yolo-seg", made.output());
  EXPECT_THAT(read_file(made.output() / "data.yaml"), HasSubstr("  19: \"dog\"  # id 100\n"));
  EXPECT_THAT(read_file(made.output() / "labels/val/ulm_ulm_000001_000019-dog.txt"),
              ::testing::StartsWith("19 "));
}

TEST(VocExport, HasTheFoldersOfTheDevelopmentKit) {
  const MadeExport made;
  export_dataset(made.source(), "voc", made.output());
  EXPECT_EQ(read_file(made.output() / "ImageSets/Segmentation/val.txt"),
            "ulm_ulm_000001_000019-dog\nulm_ulm_000002_000019-dog\n");
  const std::string file = std::string(kSecond) + ".png";
  EXPECT_TRUE(
      at::equal(load_labels(made.output() / "SegmentationClass" / file), made.sample(1).label));
  const at::Tensor numbers = load_labels(made.output() / "SegmentationObject" / file);
  EXPECT_TRUE(at::equal(numbers == 1, made.sample(1).objects[0].mask));
  EXPECT_TRUE(at::equal(numbers == 2, made.sample(1).objects[1].mask));
  // Columns 3 and 4 of row 1, from 1 and with the last one.
  EXPECT_THAT(read_file(made.output() / "Annotations" / (std::string(kSecond) + ".xml")),
              HasSubstr("<name>car</name><pose>Unspecified</pose><truncated>0</truncated>"
                        "<difficult>0</difficult><bndbox><xmin>4</xmin><ymin>2</ymin>"
                        "<xmax>5</xmax><ymax>2</ymax></bndbox>"));
}

TEST(VocExport, IsReadAsPascalVoc) {
  const MadeExport made;
  export_dataset(made.source(), "voc", made.output());
  Dataset back = open_dataset("pascal-voc", made.output(), "val");
  ASSERT_EQ(back.samples.size(), 2u);
  back.labels = made.source().labels;
  EXPECT_TRUE(at::equal(read_label(back, back.samples[1]), made.sample(1).label));
  const at::Tensor image = read_image(back, back.samples[1]).to(at::kInt);
  EXPECT_LE((image - load_image(made.sample(1).image).to(at::kInt)).abs().max().item<int>(), 3);
}

TEST(LabelStudioExport, HasATaskForEachImage) {
  const MadeExport made;
  export_dataset(made.source(), "label-studio", made.output());
  const json tasks = load_json(made.output() / "tasks.json");
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[1]["data"]["image"],
            "/data/local-files/?d=images/" + std::string(kSecond) + ".png");
  const json& results = tasks[1]["annotations"][0]["result"];
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1]["type"], "brushlabels");
  EXPECT_EQ(results[1]["original_width"], 6);
  EXPECT_EQ(results[1]["value"]["brushlabels"], (json{"car"}));
  EXPECT_EQ(results[1]["value"]["rle"].get<std::vector<uint8_t>>(),
            brush_run_length(made.sample(1).objects[1].mask));
  EXPECT_THAT(read_file(made.output() / "labels.xml"),
              HasSubstr("<Label value=\"dog\" background=\"#010203\"/>"));
}

TEST(FiftyOneExport, RefersToMasksInFiles) {
  const MadeExport made;
  export_dataset(made.source(), "fiftyone", made.output());
  const json samples = load_json(made.output() / "samples.json")["samples"];
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[1]["filepath"], "data/" + std::string(kSecond) + ".png");
  const json& dog = samples[1]["objects"]["detections"][0];
  EXPECT_EQ(dog["label"], "dog");
  EXPECT_EQ(dog["bounding_box"], (json{1.0 / 6, 0.0, 0.5, 0.75}));
  const at::Tensor mask = load_labels(made.output() / dog["mask_path"].get<std::string>());
  EXPECT_TRUE(at::equal(mask == 255, made.sample(1).objects[0].mask.slice(0, 0, 3).slice(1, 1, 4)));
  EXPECT_TRUE(at::equal(
      load_labels(made.output() / samples[1]["ground_truth"]["mask_path"].get<std::string>()),
      made.sample(1).label));
  EXPECT_EQ(load_json(made.output() / "metadata.json")["info"]["label_ids"]["19"], "dog");
}

}  // namespace
}  // namespace situ
