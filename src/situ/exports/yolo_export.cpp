// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <map>

#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"
#include "situ/imaging/outline.h"
#include "situ/io/atomic_file.h"

namespace situ {
namespace {

/// A quoted string of YAML.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char one : text) {
    if (one == '"' || one == '\\') out += '\\';
    out += one;
  }
  return out + "\"";
}

/// images/<split>/, labels/<split>/ and data.yaml. Classes are numbered from 0 as the format wants
/// it: all of the label set, in the order of their ids, so that the numbers of two exports agree.
class YoloWriter : public SampleWriter {
 public:
  YoloWriter(const ExportSource& source, const ExportFolder& folder)
      : source_(source), folder_(folder) {
    for (const LabelClass& one : source.labels.classes()) {
      numbers_.emplace(one.id, numbers_.size());
    }
  }

  void add(const ExportSample& sample, const std::string& stem) override {
    ObjectClasses(source_.labels).add(sample);
    folder_.add_image(sample, "images/" + source_.split, stem);
    std::string lines;
    for (const ExportObject& object : sample.objects) {
      const auto outline = joined_outline(object.mask);
      if (outline.empty()) continue;
      lines += std::to_string(numbers_.at(object.class_id));
      for (const OutlineCorner& corner : outline) {
        lines += share(corner.x, sample.width) + share(corner.y, sample.height);
      }
      lines += "\n";
    }
    write_file(folder_.at("labels/" + source_.split + "/" + stem + ".txt"), lines);
  }

  void finish() override {
    std::string text = "path: .\n";
    for (const char* const split : {"train", "val"}) {  // the loader insists on both
      text += std::string(split) + ": images/" + source_.split + "\n";
    }
    text += "names:\n";
    for (const LabelClass& one : source_.labels.classes()) {
      text += "  " + std::to_string(numbers_.at(one.id)) + ": " + quoted(one.name) + "  # id " +
              std::to_string(one.id) + "\n";
    }
    write_file(folder_.at("data.yaml"), text);
  }

 private:
  /// " 0.25": the corner's place as a share of the side, exact to a 2000th of a pixel.
  static std::string share(int64_t place, int64_t side) {
    char text[32];
    std::snprintf(text, sizeof text, " %.8g",
                  static_cast<double>(place) / static_cast<double>(side));
    return text;
  }

  const ExportSource& source_;
  const ExportFolder& folder_;
  std::map<int64_t, std::size_t> numbers_;
};

}  // namespace

std::unique_ptr<SampleWriter> make_yolo_writer(const ExportSource& source,
                                               const ExportFolder& folder) {
  return std::make_unique<YoloWriter>(source, folder);
}

}  // namespace situ
