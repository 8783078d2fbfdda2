// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "situ/exports/coco_json.h"
#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"
#include "situ/imaging/box.h"
#include "situ/imaging/run_length.h"
#include "situ/io/atomic_file.h"

namespace situ {
namespace {

using nlohmann::ordered_json;

/// annotations/instances_<split>.json with images/<split>/. Masks are runs, which keep every pixel;
/// the class ids are the source's.
class CocoWriter : public SampleWriter {
 public:
  CocoWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source),
        folder_(folder),
        classes_(source.labels),
        document_(coco_document(source)) {}

  void add(const ExportSample& sample, const std::string& stem) override {
    classes_.add(sample);
    const std::string folder = "images/" + source_.split;
    const std::string file = folder_.add_image(sample, folder, stem);
    ordered_json& images = document_["images"];
    images.push_back(coco_image(sample, images.size() + 1, file.substr(folder.size() + 1)));
    for (const ExportObject& object : sample.objects) {
      const auto box = bounding_box(object.mask);
      if (!box) continue;  // another object covers it
      const RunLength runs = run_length_encode(object.mask);
      ordered_json& annotations = document_["annotations"];
      annotations.push_back(
          {{"id", annotations.size() + 1},
           {"image_id", images.size()},
           {"category_id", object.class_id},
           {"segmentation",
            {{"size", {sample.height, sample.width}}, {"counts", run_length_to_text(runs)}}},
           {"area", run_length_area(runs)},
           {"bbox", coco_box(*box)},
           {"iscrowd", 0},
           {"is_ood", object.is_ood},
           {"prompt", object.prompt}});
    }
  }

  void finish() override {
    for (const auto& [id, one] : classes_.classes()) {
      document_["categories"].push_back({{"id", id}, {"name", one.name}, {"supercategory", ""}});
    }
    write_file(folder_.at("annotations/instances_" + source_.split + ".json"), document_.dump());
  }

 private:
  const ExportSource& source_;
  const ExportFolder& folder_;
  ObjectClasses classes_;
  ordered_json document_;
};

}  // namespace

ordered_json coco_document(const ExportSource& source) {
  return {{"info", {{"description", source.name}, {"version", "1"}}},
          {"licenses", ordered_json::array()},
          {"images", ordered_json::array()},
          {"annotations", ordered_json::array()},
          {"categories", ordered_json::array()}};
}

ordered_json coco_image(const ExportSample& sample, std::size_t id, const std::string& file_name) {
  return {{"id", id},
          {"file_name", file_name},
          {"width", sample.width},
          {"height", sample.height},
          {"situ_id", sample.id}};
}

ordered_json coco_box(const Box& box) { return {box.x0, box.y0, box.width(), box.height()}; }

std::unique_ptr<SampleWriter> make_coco_writer(const ExportSource& source,
                                               const ExportFolder& folder) {
  return std::make_unique<CocoWriter>(source, folder);
}

}  // namespace situ
