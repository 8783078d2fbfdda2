// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "situ/imaging/box.h"
#include "situ/pipeline/object_insertion.h"

namespace situ {

/// Puts a picture into a scene with a hard edge, as all rivals of inpainting do.
/// scene: uint8 [3, H, W]. patch: uint8 [3, h, w]. shown: bool [h, w], its pixels that are copied.
/// object: bool [h, w], those that are the object. (top, left): of the patch, which must lie inside
/// the scene. seed: for the record. Throws std::invalid_argument for shapes that do not fit.
Insertion paste_object(const at::Tensor& scene, const at::Tensor& patch, const at::Tensor& shown,
                       const at::Tensor& object, int64_t top, int64_t left, uint64_t seed);

/// An insertion that did not happen.
Insertion not_pasted(const at::Tensor& scene, Outcome outcome, const std::string& reason,
                     uint64_t seed);

}  // namespace situ
