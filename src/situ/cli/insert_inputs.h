// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "situ/cli/insert_plan.h"
#include "situ/pipeline/location_area.h"

namespace situ {

/// An image as it is read for an insertion.
struct SceneInput {
  at::Tensor scene;    ///< uint8 [3, H, W]
  std::string sha256;  ///< of the file
  Location location;   ///< with the mask or labels read
};

/// Reads an image and, where the location is one, its mask or label file. Throws FileError or
/// DataError, also for an image of less than 16 pixels a side, and for a mask or labels of another
/// size than the image or label ids that the file cannot hold.
SceneInput load_scene(const InsertPlan& plan, const PlannedImage& image);

/// What is known about an image before any model is loaded.
struct CheckedImage {
  PlannedImage image;
  int64_t height = 0;
  int64_t width = 0;
  std::string problem;  ///< why it cannot be used; else ""
};

/// Reads every image once. Throws std::invalid_argument, naming the image, where region limits that
/// were asked for do not fit into it.
std::vector<CheckedImage> check_inputs(const InsertPlan& plan);

}  // namespace situ
