// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <nlohmann/json.hpp>
#include <set>

#include "situ/exports/coco_json.h"
#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"
#include "situ/imaging/box.h"
#include "situ/io/atomic_file.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kInstancesPerClass = 1000;  // as Cityscapes numbers instances

struct Segment {
  int64_t class_id = 0;
  bool crowd = false;
  const ExportObject* object = nullptr;  // null for what the image had already
};

/// The segments of a sample: each pixel's number from 1 (0: unlabelled) and what they are.
class SegmentMap {
 public:
  SegmentMap(const ExportSample& sample, const LabelSet& labels)
      : sample_(sample), labels_(labels) {
    map_ = at::zeros({sample.height, sample.width}, at::kInt);
    if (sample.label.defined()) add_labelled();
    for (const ExportObject& object : sample.objects) {
      add(object.mask, {.class_id = object.class_id, .crowd = false, .object = &object});
    }
  }

  const at::Tensor& map() const { return map_; }
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  /// One segment an instance where there is a map of them, else one a class: of things that is a
  /// crowd, since how many they are is not known.
  void add_labelled() {
    for (const auto& [id, pixels] : count_ids(sample_.label)) {
      const LabelClass* const one = labels_.find(id);
      if (one == nullptr || one->ignored) continue;
      at::Tensor rest = sample_.label == id;
      if (one->is_thing && sample_.instances.defined()) {
        for (const int64_t number : instances_of(id)) {
          const at::Tensor mask = (sample_.instances == number).logical_and(rest);
          add(mask, {.class_id = id, .crowd = false});
          rest = rest.logical_and(mask.logical_not());
        }
      }
      add(rest, {.class_id = id, .crowd = one->is_thing});
    }
  }

  std::set<int64_t> instances_of(int64_t class_id) const {
    std::set<int64_t> numbers;
    for (const auto& [number, pixels] : count_ids(sample_.instances)) {
      if (number / kInstancesPerClass == class_id) numbers.insert(number);
    }
    return numbers;
  }

  void add(const at::Tensor& mask, const Segment& segment) {
    if (!mask.any().item<bool>()) return;
    segments_.push_back(segment);
    map_.masked_fill_(mask, static_cast<int64_t>(segments_.size()));
  }

  const ExportSample& sample_;
  const LabelSet& labels_;
  at::Tensor map_;
  std::vector<Segment> segments_;
};

/// annotations/panoptic_<split>.json, its pictures beside it, and images/<split>/.
class CocoPanopticWriter : public SampleWriter {
 public:
  CocoPanopticWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source), folder_(folder), document_(coco_document(source)) {
    for (const LabelClass& one : source.labels.classes()) {
      if (one.ignored) continue;
      document_["categories"].push_back({{"id", one.id},
                                         {"name", one.name},
                                         {"supercategory", ""},
                                         {"isthing", one.is_thing ? 1 : 0},
                                         {"color", {one.color.r, one.color.g, one.color.b}}});
    }
  }

  void add(const ExportSample& sample, const std::string& stem) override {
    ObjectClasses(source_.labels).add(sample);
    const std::string folder = "images/" + source_.split;
    const std::string file = folder_.add_image(sample, folder, stem);
    ordered_json& images = document_["images"];
    images.push_back(coco_image(sample, images.size() + 1, file.substr(folder.size() + 1)));
    const SegmentMap segments(sample, source_.labels);
    ordered_json infos = ordered_json::array();
    for (std::size_t i = 0; i < segments.segments().size(); ++i) {
      add_info(infos, segments.segments()[i], segments.map() == static_cast<int64_t>(i) + 1, i + 1);
    }
    save_segments(segments.map(), stem);
    document_["annotations"].push_back({{"image_id", images.size()},
                                        {"file_name", stem + ".png"},
                                        {"segments_info", std::move(infos)}});
  }

  void finish() override {
    write_file(folder_.at("annotations/panoptic_" + source_.split + ".json"), document_.dump());
  }

 private:
  static void add_info(ordered_json& infos, const Segment& segment, const at::Tensor& mask,
                       std::size_t id) {
    const auto box = bounding_box(mask);
    if (!box) return;  // covered by later ones
    infos.push_back({{"id", id},
                     {"category_id", segment.class_id},
                     {"area", mask.sum().item<int64_t>()},
                     {"bbox", coco_box(*box)},
                     {"iscrowd", segment.crowd ? 1 : 0}});
    if (segment.object == nullptr) return;
    infos.back()["is_ood"] = segment.object->is_ood;
    infos.back()["prompt"] = segment.object->prompt;
  }

  void save_segments(const at::Tensor& map, const std::string& stem) const {
    const at::Tensor colors =
        at::stack({map.bitwise_and(255), map.bitwise_right_shift(8).bitwise_and(255),
                   map.bitwise_right_shift(16)});
    save_png(folder_.at("annotations/panoptic_" + source_.split + "/" + stem + ".png"),
             colors.to(at::kByte));
  }

  const ExportSource& source_;
  const ExportFolder& folder_;
  ordered_json document_;
};

}  // namespace

std::unique_ptr<SampleWriter> make_coco_panoptic_writer(const ExportSource& source,
                                                        const ExportFolder& folder) {
  return std::make_unique<CocoPanopticWriter>(source, folder);
}

}  // namespace situ
