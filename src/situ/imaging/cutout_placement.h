// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "situ/core/random.h"
#include "situ/imaging/box.h"

namespace situ {

/// How a cut-out is put into a hole of a picture.
struct CutoutPlacement {
  double min_fill = 0.85;  // least share of the hole's limiting side that the object takes
  double mirrored_share = 0.5;
  double max_rotation_deg = 4.0;
  double aspect_jitter = 0.06;  // greatest relative change of the aspect
  double tone_matching = 0.5;   // 0 keeps the object's tone, 1 follows the picture's light fully
  double brightness_jitter = 0.1;
  double contrast_jitter = 0.1;
  double min_shadow = 0.3;  // darkness of the contact shadow's middle
  double max_shadow = 0.6;
  bool airborne = false;  // need not stand at the hole's bottom and casts no contact shadow
};

/// Puts a cut-out into the hole, in the picture's light and with a contact shadow, and returns its
/// pixels: bool [H, W], all false where it is too thin to be seen at that size. image: uint8
/// [3, H, W], changed in place. premultiplied: uint8 [4, h, w], colours multiplied with alpha.
at::Tensor place_cutout_(at::Tensor& image, const Box& hole, const at::Tensor& premultiplied,
                         const CutoutPlacement& placement, Random& random);

}  // namespace situ
