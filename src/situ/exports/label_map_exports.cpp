// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <cstdio>

#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

constexpr int64_t kInstancesPerClass = 1000;

/// What an inserted object gets in an instance map: the number after the highest of its class; the
/// class id alone, as Cityscapes marks what is not counted, where 16 bits do not hold a number.
int64_t next_number(const at::Tensor& map, int64_t class_id) {
  const int64_t first = class_id * kInstancesPerClass;
  int64_t number = first;
  for (const auto& [used, pixels] : count_ids(map)) {
    if (used >= first && used < first + kInstancesPerClass) number = used + 1;
  }
  const bool fits = number <= kHighestLabelId && number < first + kInstancesPerClass;
  return fits ? number : class_id;
}

/// The instance map with the inserted objects.
at::Tensor instance_map(const ExportSample& sample) {
  const at::Tensor& start = sample.instances.defined() ? sample.instances : label_of(sample);
  at::Tensor map = start.to(at::kInt).clone();
  for (const ExportObject& object : sample.objects) {
    map.masked_fill_(object.mask, next_number(map, object.class_id));
  }
  return map;
}

/// leftImg8bit/<split>/<city>/… and gtFine/<split>/<city>/…; the city is the first part of the id.
/// Which of labelIds and labelTrainIds there is, the label set says; other sets count as labelIds.
class CityscapesWriter : public SampleWriter {
 public:
  CityscapesWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source), folder_(folder), palette_(palette_of(source.labels)) {
    const bool train_ids =
        source.labels.name() == "cityscapes-train-ids" || source.labels.name() == "bdd100k";
    ending_ = train_ids ? "_gtFine_labelTrainIds.png" : "_gtFine_labelIds.png";
  }

  void add(const ExportSample& sample, const std::string& stem) override {
    const at::Tensor label = byte_label_of(sample);
    const std::string city = stem.substr(0, stem.find('_'));
    const std::string below = source_.split + "/" + (city.empty() ? "situ" : city);
    folder_.add_png(sample, "leftImg8bit/" + below, stem + "_leftImg8bit");
    const std::string start = "gtFine/" + below + "/" + stem;
    save_png(folder_.at(start + "_gtFine_instanceIds.png"), instance_map(sample));
    save_palette_png(folder_.at(start + "_gtFine_color.png"), label, palette_);
    save_png(folder_.at(start + ending_), label);
  }

  void finish() override {}

 private:
  const ExportSource& source_;
  const ExportFolder& folder_;
  std::vector<RgbColor> palette_;
  std::string ending_;
};

/// images/<name> and labels_masks/<name>_labels_semantic.png, as SegmentMeIfYouCan has them.
class SmiycWriter : public SampleWriter {
 public:
  SmiycWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source), folder_(folder) {}

  void add(const ExportSample& sample, const std::string& stem) override {
    folder_.add_image(sample, "images", stem);
    save_png(folder_.at("labels_masks/" + stem + "_labels_semantic.png"),
             anomaly_map(sample, source_.labels));
  }

  void finish() override {}

 private:
  const ExportSource& source_;
  const ExportFolder& folder_;
};

/// <number>_<name>_rgb.png and <number>_<name>_labels.png in one folder; images are always PNG.
class FishyscapesWriter : public SampleWriter {
 public:
  FishyscapesWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source), folder_(folder) {}

  void add(const ExportSample& sample, const std::string& stem) override {
    char number[24];
    std::snprintf(number, sizeof number, "%04lld_", static_cast<long long>(count_++));
    const std::string start = number + stem;
    folder_.add_png(sample, "", start + "_rgb");
    save_png(folder_.at(start + "_labels.png"), anomaly_map(sample, source_.labels));
  }

  void finish() override {}

 private:
  const ExportSource& source_;
  const ExportFolder& folder_;
  int64_t count_ = 0;
};

}  // namespace

std::unique_ptr<SampleWriter> make_cityscapes_writer(const ExportSource& source,
                                                     const ExportFolder& folder) {
  return std::make_unique<CityscapesWriter>(source, folder);
}

std::unique_ptr<SampleWriter> make_smiyc_writer(const ExportSource& source,
                                                const ExportFolder& folder) {
  return std::make_unique<SmiycWriter>(source, folder);
}

std::unique_ptr<SampleWriter> make_fishyscapes_writer(const ExportSource& source,
                                                      const ExportFolder& folder) {
  return std::make_unique<FishyscapesWriter>(source, folder);
}

}  // namespace situ
