// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "situ/exports/brush_run_length.h"
#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"
#include "situ/imaging/palette.h"
#include "situ/io/atomic_file.h"

namespace situ {
namespace {

using nlohmann::ordered_json;

constexpr const char* kControl = "object";  // the names that labels.xml gives to its elements
constexpr const char* kPicture = "image";
// How the label tool reaches files of its local storage; the storage is the export's folder.
constexpr const char* kLocalFiles = "/data/local-files/?d=";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char one : text) {
    switch (one) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += one;
    }
  }
  return out;
}

std::string hex_color(const Color& color) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "#";
  for (const uint8_t part : {color.r, color.g, color.b}) {
    text += kDigits[part / 16];
    text += kDigits[part % 16];
  }
  return text;
}

/// images/, tasks.json to import and labels.xml, the labelling interface that the tasks are for.
class LabelStudioWriter : public SampleWriter {
 public:
  LabelStudioWriter(const ExportSource& source, const ExportFolder& folder)
      : folder_(folder), labels_(source.labels), classes_(source.labels) {}

  void add(const ExportSample& sample, const std::string& stem) override {
    classes_.add(sample);
    const std::string image = folder_.add_image(sample, "images", stem);
    ordered_json results = ordered_json::array();
    for (std::size_t i = 0; i < sample.objects.size(); ++i) {
      results.push_back(result_of(sample, i));
    }
    tasks_.push_back({{"data", {{kPicture, kLocalFiles + image}, {"situ_id", sample.id}}},
                      {"annotations", {{{"result", std::move(results)}}}}});
  }

  void finish() override {
    std::string text = "<View>\n  <Image name=\"" + std::string(kPicture) + "\" value=\"$" +
                       kPicture + "\" zoom=\"true\"/>\n  <BrushLabels name=\"" + kControl +
                       "\" toName=\"" + kPicture + "\">\n";
    for (const auto& [id, one] : classes_.classes()) {
      text += "    <Label value=\"" + escaped(one.name) + "\" background=\"" +
              hex_color(one.color) + "\"/>\n";
    }
    write_file(folder_.at("labels.xml"), text + "  </BrushLabels>\n</View>\n");
    write_file(folder_.at("tasks.json"), tasks_.dump());
  }

 private:
  ordered_json result_of(const ExportSample& sample, std::size_t place) const {
    const ExportObject& object = sample.objects[place];
    return {{"id", "object-" + std::to_string(place + 1)},
            {"type", "brushlabels"},
            {"from_name", kControl},
            {"to_name", kPicture},
            {"original_width", sample.width},
            {"original_height", sample.height},
            {"image_rotation", 0},
            {"value",
             {{"format", "rle"},
              {"rle", brush_run_length(object.mask)},
              {"brushlabels", {labels_.at(object.class_id).name}}}},
            {"meta", {{"prompt", {object.prompt}}, {"is_ood", {object.is_ood ? "yes" : "no"}}}}};
  }

  const ExportFolder& folder_;
  const LabelSet& labels_;
  ObjectClasses classes_;
  ordered_json tasks_ = ordered_json::array();
};

}  // namespace

std::unique_ptr<SampleWriter> make_label_studio_writer(const ExportSource& source,
                                                       const ExportFolder& folder) {
  return std::make_unique<LabelStudioWriter>(source, folder);
}

}  // namespace situ
