// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <tuple>

#include "situ/core/options.h"
#include "situ/imaging/box.h"

namespace situ {

/// How much of the scene the inpainter sees.
struct CropOptions {
  std::optional<int64_t> size = std::nullopt;

  static constexpr auto fields() {
    return std::tuple{
        field("crop_size", &CropOptions::size,
              "side of the square crop [px]; auto = 1.2 times the region's longer side")};
  }
  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// A part of a scene with a hole for the object.
struct Crop {
  Box box;               ///< in the image
  at::Tensor image;      ///< uint8 [3, h, w], a copy
  at::Tensor hole_mask;  ///< bool [h, w], true in the region
};

/// The box of the crop around `region` in an image of the size. It is centred on the region and
/// then shifted into the image. A side that would not hold the region becomes 1.2 times the
/// region's longer side; one beyond the image's shorter side shrinks to it, so that the crop stays
/// square, as far as the region allows; only a region longer than that gives a crop that is not
/// square. Throws std::invalid_argument where the region is empty or not inside the image.
Box crop_box_around(const Box& region, int64_t height, int64_t width, const CropOptions& options);

/// The crop of `scene` around `region`. scene: uint8 [3, H, W]. Throws as crop_box_around.
Crop crop_around(const at::Tensor& scene, const Box& region, const CropOptions& options);

}  // namespace situ
