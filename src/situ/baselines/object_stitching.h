// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "situ/datasets/dataset.h"
#include "situ/generation/sample_record.h"

namespace situ {

/// Makes samples by pasting objects of a labelled dataset (COCO) at a random place, with a hard
/// edge and as they are: what RbA, Mask2Anomaly and RPL are fine-tuned on (their code; the paper's
/// rows "COCO"). An object is all things of one image together, as in those codes, or one of them.
/// Images with a class that street scenes have are passed over, and those that are too small.
class ObjectStitcher {
 public:
  /// Both are the caller's and must live. Throws std::invalid_argument where the recipe's classes
  /// are none of the dataset's, or the dataset has no labels.
  ObjectStitcher(const Recipe& recipe, const Dataset& objects);

  /// Throws DataError or FileError where an image of the dataset cannot be read.
  MadeSample make(const PlannedSample& planned, const SampleSource& source) const;

 private:
  struct Cutout {
    at::Tensor image;  // uint8 [3, h, w]
    at::Tensor mask;   // bool [h, w]
  };

  Insertion insert(const at::Tensor& scene, uint64_t seed) const;
  std::optional<Cutout> draw_cutout(Random& random) const;

  const Recipe& recipe_;
  const Dataset& objects_;
  std::vector<int64_t> things_;
  std::vector<int64_t> excluded_;
};

}  // namespace situ
