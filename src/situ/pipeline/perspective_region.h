// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "situ/core/random.h"
#include "situ/imaging/box.h"

namespace situ {

/// A region as it is at the lower edge of the image, and the row that all regions shrink towards.
struct PerspectiveSize {
  int64_t height = 1;
  int64_t width = 1;
  double horizon = 0;  ///< a share of the image's height [0, 1)
};

/// Returns a region whose size falls with the height of its lower edge above the image's, to
/// nothing at the horizon: a flat ground seen by a level camera. All places where it fits are
/// equally likely; none where a side would be shorter than 8 px. valid_area, forbidden: as for
/// select_region. min_overlap: least share of the region inside the valid area. margin: from the
/// image's border [px].
std::optional<Box> select_region_in_perspective(const at::Tensor& valid_area,
                                                const at::Tensor& forbidden,
                                                const PerspectiveSize& size, double min_overlap,
                                                int64_t margin, Random& random);

/// The height at which the ground ends, as a share of the image's from its top [0, 1): the highest
/// row of which ground makes up a hundredth, as single pixels prove nothing. Nothing where no row
/// has as much, or only the lowest. ground: bool [H, W].
std::optional<double> horizon_above(const at::Tensor& ground);

}  // namespace situ
