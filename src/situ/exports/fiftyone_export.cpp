// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"
#include "situ/imaging/box.h"
#include "situ/io/atomic_file.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

using nlohmann::ordered_json;

// The importer finds the files of those fields that have a folder of their name here.
const std::string kObjectMasks = "fields/objects.detections";
const std::string kLabelMaps = "fields/ground_truth";

/// data/, fields/, samples.json and metadata.json: FiftyOne's LegacyFiftyOneDataset, the one of its
/// own formats that is plain JSON. Masks are files.
class FiftyOneWriter : public SampleWriter {
 public:
  FiftyOneWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source), folder_(folder) {}

  void add(const ExportSample& sample, const std::string& stem) override {
    ObjectClasses(source_.labels).add(sample);
    ordered_json entry{{"filepath", folder_.add_image(sample, "data", stem)},
                       {"tags", {source_.split}},
                       {"metadata", nullptr},
                       {"situ_id", sample.id}};
    ordered_json detections = ordered_json::array();
    for (const ExportObject& object : sample.objects) {
      if (const auto box = bounding_box(object.mask)) {
        const std::string file =
            kObjectMasks + "/" + stem + "-" + std::to_string(detections.size() + 1) + ".png";
        detections.push_back(detection(sample, object, *box, file));
      }
    }
    entry["objects"] = {{"_cls", "Detections"}, {"detections", std::move(detections)}};
    if (sample.label.defined()) {
      const std::string file = kLabelMaps + "/" + stem + ".png";
      save_png(folder_.at(file), byte_label_of(sample));
      entry["ground_truth"] = {
          {"_cls", "Segmentation"}, {"tags", ordered_json::array()}, {"mask_path", file}};
    }
    samples_.push_back(std::move(entry));
  }

  void finish() override {
    ordered_json names = ordered_json::object();
    for (const LabelClass& one : source_.labels.classes()) {
      names[std::to_string(one.id)] = one.name;
    }
    save_json(folder_.at("metadata.json"),
              {{"name", source_.name},
               {"media_type", "image"},
               {"info", {{"label_set", source_.labels.name()}, {"label_ids", std::move(names)}}}});
    const ordered_json samples{{"samples", std::move(samples_)}};
    write_file(folder_.at("samples.json"), samples.dump());
  }

 private:
  /// The mask's file covers the box alone.
  ordered_json detection(const ExportSample& sample, const ExportObject& object, const Box& box,
                         const std::string& file) const {
    const at::Tensor mask = object.mask.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1);
    save_png(folder_.at(file), mask.to(at::kByte) * 255);
    const auto width = static_cast<double>(sample.width);
    const auto height = static_cast<double>(sample.height);
    return {
        {"_cls", "Detection"},
        {"attributes", ordered_json::object()},
        {"tags", ordered_json::array()},
        {"label", source_.labels.at(object.class_id).name},
        {"bounding_box",
         {static_cast<double>(box.x0) / width, static_cast<double>(box.y0) / height,
          static_cast<double>(box.width()) / width, static_cast<double>(box.height()) / height}},
        {"mask_path", file},
        {"is_ood", object.is_ood},
        {"prompt", object.prompt}};
  }

  const ExportSource& source_;
  const ExportFolder& folder_;
  ordered_json samples_ = ordered_json::array();
};

}  // namespace

std::unique_ptr<SampleWriter> make_fiftyone_writer(const ExportSource& source,
                                                   const ExportFolder& folder) {
  return std::make_unique<FiftyOneWriter>(source, folder);
}

}  // namespace situ
