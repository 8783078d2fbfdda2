// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "situ/imaging/box.h"

namespace situ {

/// Which neighbours of a pixel belong to the same component: those with a common edge, or also
/// those with a common corner.
enum class Connectivity { kFour, kEight };

struct Component {
  Box box;
  int64_t area_px = 0;
};

struct Components {
  at::Tensor labels;  ///< int32 [H, W]: 0 background, k = components[k-1]
  std::vector<Component> components;
};

/// Returns the connected regions of true pixels, in the raster order of their first pixels.
/// mask: bool [H, W]. Throws std::invalid_argument for any other tensor or 2^31 pixels and more.
Components connected_components(const at::Tensor& mask, Connectivity connectivity);

}  // namespace situ
