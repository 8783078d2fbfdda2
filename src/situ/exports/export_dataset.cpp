// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/export_dataset.h"

#include <stdexcept>

#include "situ/core/interrupt.h"
#include "situ/core/nearest_name.h"
#include "situ/exports/sample_masks.h"
#include "situ/exports/sample_writer.h"

namespace situ {
namespace {

struct Format {
  const char* name;
  MakeSampleWriter make;
};

constexpr Format kFormats[] = {
    {"coco", make_coco_writer},
    {"coco-panoptic", make_coco_panoptic_writer},
    {"voc", make_voc_writer},
    {"yolo-seg", make_yolo_writer},
    {"cityscapes", make_cityscapes_writer},
    {"smiyc", make_smiyc_writer},
    {"fishyscapes", make_fishyscapes_writer},
    {"fiftyone", make_fiftyone_writer},
    {"label-studio", make_label_studio_writer},
};

MakeSampleWriter maker_of(std::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return format.make;
  }
  throw std::invalid_argument(unknown_name_message("export format", name, export_formats()));
}

}  // namespace

const std::vector<std::string>& export_formats() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Format& format : kFormats) all.emplace_back(format.name);
    return all;
  }();
  return names;
}

void export_dataset(const ExportSource& source, std::string_view format,
                    const std::filesystem::path& output, const ExportOptions& options) {
  const MakeSampleWriter make = maker_of(format);
  ExportFolder folder(output, options.link_images);
  const auto writer = make(source, folder);
  for (std::size_t i = 0; i < source.count; ++i) {
    throw_if_interrupted();
    const ExportSample sample = source.sample(i);
    check_sample(sample);
    writer->add(sample, folder.name_of(sample));
    if (options.progress) options.progress(static_cast<int64_t>(i) + 1);
  }
  writer->finish();
}

}  // namespace situ
