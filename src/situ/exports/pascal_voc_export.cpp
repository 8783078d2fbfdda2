// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "situ/core/errors.h"
#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"
#include "situ/imaging/box.h"
#include "situ/io/atomic_file.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

constexpr std::size_t kMostObjects = 254;  // 0 is the background, 255 void

std::string element(const std::string& name, const std::string& text) {
  std::string escaped;
  for (const char one : text) {
    if (one == '&') {
      escaped += "&amp;";
    } else if (one == '<') {
      escaped += "&lt;";
    } else {
      escaped += one;
    }
  }
  return "<" + name + ">" + escaped + "</" + name + ">";
}

/// JPEGImages, SegmentationClass, SegmentationObject, Annotations and ImageSets/Segmentation. Label
/// ids stay the source's; labels.txt says what they are.
class PascalVocWriter : public SampleWriter {
 public:
  PascalVocWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source),
        folder_(folder),
        palette_(palette_of(source.labels)),
        voc_palette_(palette_of(known_label_set("pascal-voc"))) {}

  void add(const ExportSample& sample, const std::string& stem) override {
    ObjectClasses(source_.labels).add(sample);
    if (sample.objects.size() > kMostObjects) {
      throw DataError(sample.id, "more than " + std::to_string(kMostObjects) + " objects");
    }
    const at::Tensor label = byte_label_of(sample);
    const std::string image = folder_.add_jpeg(sample, "JPEGImages", stem);
    save_palette_png(folder_.at("SegmentationClass/" + stem + ".png"), label, palette_);
    at::Tensor numbers = at::zeros_like(label);
    for (std::size_t i = 0; i < sample.objects.size(); ++i) {
      numbers.masked_fill_(sample.objects[i].mask, static_cast<int64_t>(i) + 1);
    }
    save_palette_png(folder_.at("SegmentationObject/" + stem + ".png"), numbers, voc_palette());
    write_file(folder_.at("Annotations/" + stem + ".xml"), annotation(sample, image));
    list_ += stem + "\n";
  }

  void finish() override {
    std::string names;
    for (const LabelClass& one : source_.labels.classes()) {
      names += std::to_string(one.id) + "\t" + one.name + "\n";
    }
    write_file(folder_.at("labels.txt"), names);
    write_file(folder_.at("ImageSets/Segmentation/" + source_.split + ".txt"), list_);
  }

 private:
  /// Object numbers beyond Pascal VOC's 20 classes have colors too.
  std::vector<RgbColor> voc_palette() const {
    std::vector<RgbColor> palette = voc_palette_;
    for (std::size_t i = 21; i < palette.size(); ++i) {
      const Color color = palette_color(static_cast<int64_t>(i));
      palette[i] = {color.r, color.g, color.b};
    }
    return palette;
  }

  std::string annotation(const ExportSample& sample, const std::string& image) const {
    std::string text = "<annotation>\n  " + element("folder", source_.name) + "\n  " +
                       element("filename", image.substr(image.find('/') + 1)) + "\n  <size>" +
                       element("width", std::to_string(sample.width)) +
                       element("height", std::to_string(sample.height)) + element("depth", "3") +
                       "</size>\n  " + element("segmented", "1") + "\n";
    for (const ExportObject& object : sample.objects) {
      const auto box = bounding_box(object.mask);
      if (!box) continue;
      // Pascal VOC counts from 1 and includes the last pixel.
      text +=
          "  <object>" + element("name", source_.labels.at(object.class_id).name) +
          element("pose", "Unspecified") + element("truncated", "0") + element("difficult", "0") +
          "<bndbox>" + element("xmin", std::to_string(box->x0 + 1)) +
          element("ymin", std::to_string(box->y0 + 1)) + element("xmax", std::to_string(box->x1)) +
          element("ymax", std::to_string(box->y1)) + "</bndbox></object>\n";
    }
    return text + "</annotation>\n";
  }

  const ExportSource& source_;
  const ExportFolder& folder_;
  std::vector<RgbColor> palette_;
  std::vector<RgbColor> voc_palette_;
  std::string list_;
};

}  // namespace

std::unique_ptr<SampleWriter> make_voc_writer(const ExportSource& source,
                                              const ExportFolder& folder) {
  return std::make_unique<PascalVocWriter>(source, folder);
}

}  // namespace situ
