// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "situ/exports/export_sample.h"

namespace situ {

struct ExportOptions {
  /// Images become hard links where the file system allows it, else copies.
  bool link_images = false;
  /// Called with the number of samples that are done.
  std::function<void(int64_t)> progress = {};
};

/// "coco", "coco-panoptic", "voc", "yolo-seg", "cityscapes", "smiyc", "fishyscapes", "fiftyone",
/// "label-studio".
const std::vector<std::string>& export_formats();

/// Writes the data set in another format (docs/exports.md has the folders of each) into a folder
/// that must be empty or not there; images first and the lists that name them last, so that what
/// was interrupted does not look whole. Clean images go to clean/ under the same names.
/// Throws std::invalid_argument for an unknown format (with the nearest), DataError for a sample
/// that the format cannot hold (a label where one is needed, ids above 255 where it has bytes) or
/// two samples that would have one file name, FileError, and what reading a sample throws.
void export_dataset(const ExportSource& source, std::string_view format,
                    const std::filesystem::path& output, const ExportOptions& options = {});

}  // namespace situ
