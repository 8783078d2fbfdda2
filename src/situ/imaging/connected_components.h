// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "situ/imaging/box.h"

namespace situ {

enum class Connectivity { kFour, kEight };

struct Component {
  Box box;
  int64_t area_px = 0;
};

struct Components {
  at::Tensor labels;                  // int32 [H, W]: 0 outside, k in components[k - 1]
  std::vector<Component> components;  // in the order of their first pixels, row by row
};

/// The connected sets of true pixels. mask: bool [H, W].
Components connected_components(const at::Tensor& mask, Connectivity connectivity);

}  // namespace situ
