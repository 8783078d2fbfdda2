// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "situ/imaging/box.h"

namespace situ {

/// A picture's colours multiplied with its alpha, so that resizing brings in no dark fringe, and
/// back, as far as 8 bits allow. Both uint8 [4, h, w].
at::Tensor premultiplied(const at::Tensor& rgba);
at::Tensor plain_colors(const at::Tensor& premultiplied);

/// The cut-out itself, or one whose longer side is `longest_px` where it was longer. premultiplied:
/// uint8 [4, h, w]; returns the same form.
at::Tensor shrunk(const at::Tensor& premultiplied, int64_t longest_px);

/// How a cut-out is brought to its place. Offsets are in pixels of the target.
struct CutoutPose {
  bool mirrored = false;
  double rotation_deg = 0.0;   // counter-clockwise
  double aspect_factor = 1.0;  // widens by it
  int64_t max_height_px = 1;   // the turned object fits into this box and touches one of its sides
  int64_t max_width_px = 1;
};

/// The cut-out in the pose, cut to its visible pixels (alpha > 127); an empty tensor when none is
/// left. premultiplied: uint8 [4, h, w]; returns the same form.
at::Tensor posed(const at::Tensor& premultiplied, const CutoutPose& pose);

/// Brightness of an image under a mask or of an object under its alpha, in [0, 255].
struct Tone {
  double mean = 0.0;
  double deviation = 0.0;
};
Tone tone_of(const at::Tensor& image, const Box& box);
Tone tone_of(const at::Tensor& premultiplied);

/// Multiplies an object's colours with `gain` and their distance from the object's mean with
/// `contrast`, in place. premultiplied: uint8 [4, h, w].
void change_tone_(at::Tensor& premultiplied, double gain, double contrast);

/// A soft ellipse, darkest in its middle.
struct ContactShadow {
  double center_x = 0.0, center_y = 0.0;  // in pixels of the image
  double radius_x = 1.0, radius_y = 1.0;
  double darkness = 0.0;  // of the middle, [0, 1]
};

/// Darkens the image within `within`, fading out towards its sides so that nothing shows outside.
void cast_shadow_(at::Tensor& image, const ContactShadow& shadow, const Box& within);

/// Lays the object with its top left corner at (x, y), which must be inside. image: uint8 [3, H,
/// W]; object_mask: bool [H, W], set where the object covers more than half. Both in place.
void paste_(at::Tensor& image, at::Tensor& object_mask, const at::Tensor& premultiplied, int64_t x,
            int64_t y);

}  // namespace situ
