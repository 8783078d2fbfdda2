// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "situ/imaging/float_box.h"

namespace situ {

/// One thing of an overlay.
struct OverlayItem {
  std::string caption;   ///< "a dog 0.83"; empty: none
  FloatBox box;          ///< pixels; without area: none is drawn
  at::Tensor mask = {};  ///< bool [H, W], or undefined
};

/// The picture with every thing's mask tinted, its box outlined and its caption at the box, each in
/// a colour of its own; lines and letters grow with the picture. image: uint8 [3, H, W], unchanged.
/// Throws std::invalid_argument for other tensors.
at::Tensor detection_overlay(const at::Tensor& image, const std::vector<OverlayItem>& items);

}  // namespace situ
