// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "situ/imaging/box.h"

namespace situ {

/// What must be added to a picture to make another of it.
struct PictureDelta {
  Box box;            // around the pixels that differ; Box{} where none does
  at::Tensor values;  // in the box: uint8 [C, h, w] or [h, w], modulo 256; or int32 [h, w]
};

/// base, changed: uint8 [C, H, W], or [H, W] of uint8 or int32; both of one shape and dtype. Throws
/// std::invalid_argument for anything else.
PictureDelta picture_delta(const at::Tensor& base, const at::Tensor& changed);

/// Returns the changed picture, every value as it was. Throws std::invalid_argument where the delta
/// does not fit the base.
at::Tensor apply_delta(const at::Tensor& base, const PictureDelta& delta);

/// The SHA-256 of a picture's shape, dtype and values: the same whatever file it came from.
std::string pixels_sha256(const at::Tensor& picture);

}  // namespace situ
