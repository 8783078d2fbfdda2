// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "situ/exports/export_sample.h"
#include "situ/imaging/box.h"

namespace situ {

/// What COCO's files for instances and panoptic segmentation have in common: the tables, empty.
nlohmann::ordered_json coco_document(const ExportSource& source);

/// An entry of "images"; file_name: relative to the folder of images.
nlohmann::ordered_json coco_image(const ExportSample& sample, std::size_t id,
                                  const std::string& file_name);

/// x, y, width and height.
nlohmann::ordered_json coco_box(const Box& box);

}  // namespace situ
