// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/crop.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

// Start of a span of `length` around `center`, shifted into [0, size).
int64_t span_start(int64_t center, int64_t length, int64_t size) {
  return std::clamp<int64_t>(center - length / 2, 0, size - length);
}

}  // namespace

void CropOptions::validate() const {
  require_option(!size || (*size >= 8 && *size <= 16384), "crop_size", size, "in [8, 16384]");
}

Box crop_box_around(const Box& region, int64_t height, int64_t width, const CropOptions& options) {
  options.validate();
  if (region.x0 < 0 || region.y0 < 0 || region.x1 > width || region.y1 > height ||
      region.width() < 1 || region.height() < 1) {
    throw std::invalid_argument("crop_box_around: expected a region inside the image of " +
                                std::to_string(width) + " x " + std::to_string(height) + ", got [" +
                                std::to_string(region.x0) + ", " + std::to_string(region.y0) +
                                ", " + std::to_string(region.x1) + ", " +
                                std::to_string(region.y1) + "]");
  }
  const int64_t longest = std::max(region.height(), region.width());
  const auto with_context = static_cast<int64_t>(1.2 * static_cast<double>(longest));
  const int64_t asked = options.size.value_or(with_context);
  const int64_t side =
      std::min(asked >= longest ? asked : with_context, std::max(std::min(height, width), longest));
  const int64_t crop_height = std::min(side, height);
  const int64_t crop_width = std::min(side, width);
  const int64_t y0 = span_start(region.y0 + region.height() / 2, crop_height, height);
  const int64_t x0 = span_start(region.x0 + region.width() / 2, crop_width, width);
  return {x0, y0, x0 + crop_width, y0 + crop_height};
}

Crop crop_around(const at::Tensor& scene, const Box& region, const CropOptions& options) {
  check_image(scene, "crop_around: scene");
  const Box box = crop_box_around(region, scene.size(1), scene.size(2), options);
  at::Tensor hole = at::zeros({box.height(), box.width()}, at::kBool);
  hole.slice(0, region.y0 - box.y0, region.y1 - box.y0)
      .slice(1, region.x0 - box.x0, region.x1 - box.x0)
      .fill_(true);
  const at::Tensor pixels = scene.slice(1, box.y0, box.y1).slice(2, box.x0, box.x1);
  return {.box = box, .image = pixels.clone(at::MemoryFormat::Contiguous), .hole_mask = hole};
}

}  // namespace situ
