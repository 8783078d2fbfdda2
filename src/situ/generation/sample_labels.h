// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "situ/generation/generation_plan.h"
#include "situ/pipeline/object_insertion.h"

namespace situ {

/// The label pictures of a sample.
struct SampleLabels {
  at::Tensor labels;     ///< uint8 or int32 [H, W] in the source's ids and the new ones; undefined
                         ///< where the source has none
  at::Tensor instances;  ///< uint8 [H, W]: k where the k-th object is (from 1), 0 elsewhere
  at::Tensor anomaly;    ///< uint8 [H, W]: 1 out of distribution, 0 not, 255 ignored in the source
};

/// The parts of an object made disjoint, main part first, as the original code does for rider and
/// bicycle: a companion that overlaps the object with an IoU above 0.8 is the object itself and is
/// dropped (undefined); else the overlap is the companion's. parts: bool [H, W] or undefined.
std::vector<at::Tensor> disjoint_parts(std::vector<at::Tensor> parts);

/// Labels a picture. source: uint8 or int32 [H, W], or undefined. inserted: one for each planned
/// object, in order; those that were not inserted leave no trace. image: uint8 [3, H, W], for its
/// size.
SampleLabels label_sample(const at::Tensor& source, const at::Tensor& image, const Recipe& recipe,
                          std::span<const PlannedInsertion> planned,
                          std::span<const Insertion> inserted);

}  // namespace situ
