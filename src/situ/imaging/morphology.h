// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// The pixels within a radius r of the middle one: |dx| <= r and |dy| <= r, or dx^2 + dy^2 <= r^2.
enum class Neighborhood { kSquare, kDisc };

/// Returns where at least one pixel of the neighborhood is true.
/// mask: bool [H, W]; the time does not depend on the radius. Radius 0 gives a copy.
/// Throws std::invalid_argument for any other tensor or a negative radius.
at::Tensor dilate(const at::Tensor& mask, int64_t radius_px, Neighborhood neighborhood);

/// Returns where all pixels of the neighborhood are true. Pixels outside the image take no part, so
/// the image's border erodes nothing. Otherwise like dilate.
at::Tensor erode(const at::Tensor& mask, int64_t radius_px, Neighborhood neighborhood);

}  // namespace situ
