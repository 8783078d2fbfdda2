// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "situ/exports/export_folder.h"
#include "situ/exports/export_sample.h"

namespace situ {

/// Writes one export: its samples in order, then what names them all.
class SampleWriter {
 public:
  virtual ~SampleWriter() = default;
  /// `stem`: the sample's file name without ending.
  virtual void add(const ExportSample& sample, const std::string& stem) = 0;
  virtual void finish() = 0;
};

// `source` and `folder` must outlive the writer.
using MakeSampleWriter = std::unique_ptr<SampleWriter> (*)(const ExportSource& source,
                                                           const ExportFolder& folder);

std::unique_ptr<SampleWriter> make_coco_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_coco_panoptic_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_voc_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_yolo_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_cityscapes_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_smiyc_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_fishyscapes_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_fiftyone_writer(const ExportSource&, const ExportFolder&);
std::unique_ptr<SampleWriter> make_label_studio_writer(const ExportSource&, const ExportFolder&);

}  // namespace situ
