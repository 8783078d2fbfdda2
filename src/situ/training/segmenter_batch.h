// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/training/composition/crop_composer.h"
#include "situ/training/composition/scene_source.h"
#include "situ/training/segmenter_prompts.h"
#include "situ/training/segmenter_samples.h"

namespace situ {

/// What is put into a batch.
struct SegmenterMixture {
  std::vector<int64_t> window_sizes;  // one is drawn a batch; multiples of 32
  double scene_share = 0.5;           // of the samples; the others are composed crops
  int64_t other_names = 24;           // objects asked for besides those that are there
  double autoencoder_share =
      0.5;  // of the crops that pass through the autoencoder, if there is one
  SampleVariation variation;
};

/// Pictures, prompts and what is known about each pair. Cells are 4 x 4 pixels.
struct SegmenterBatch {
  at::Tensor images;                 // float [B, 3, S, S] in [-1, 1]
  std::vector<std::string> prompts;  // U of them; locations first
  int64_t location_count = 0;
  int64_t road = -1;                 // the column of the road, -1 where it is not asked for
  at::Tensor truth;                  // float [B, U, S/4, S/4]: share of the cell that is named
  at::Tensor known;                  // float, same shape: share of the cell for which that is known
  at::Tensor object;                 // float [B, 1, S/4, S/4]: share that a crop's object covers
  std::vector<int64_t> own_rows;     // the N crops with an object …
  std::vector<int64_t> own_columns;  // … and the prompt that names it
  at::Tensor own_truth;              // float [N, 1, S, S]; N may be 0
  at::Tensor own_known;              // float [N, 1, S, S]
  at::Tensor own_choices;  // bool [N, U]: the names that it must be told from, and its own
};

/// Makes batches of scene windows and composed crops. A scene pixel is taught only to the prompts
/// that its data set decides; a crop's object only to be what it is and not to be what it is not.
class SegmenterBatches {
 public:
  /// All must outlive this; `autoencoder` may be null.
  SegmenterBatches(const SceneSource& scenes, const CropComposer& composer,
                   const SegmenterPrompts& prompts, Autoencoder* autoencoder,
                   SegmenterMixture mixture)
      : scenes_(scenes),
        composer_(composer),
        prompts_(prompts),
        autoencoder_(autoencoder),
        mixture_(std::move(mixture)) {}

  /// The same for the same seeds. Windows above 192 px come in smaller batches, so that a step
  /// costs about the same: a batch has at most as many samples as there are seeds, and at least 2.
  SegmenterBatch make(const std::vector<std::uint64_t>& seeds) const;

 private:
  std::vector<CropWindow> crop_windows(std::vector<Random>& random, int64_t first,
                                       int64_t size) const;
  std::vector<SceneWindow> scene_windows(std::vector<Random>& random, int64_t count,
                                         int64_t size) const;
  int64_t draw_scene(Random& random) const;

  const SceneSource& scenes_;
  const CropComposer& composer_;
  const SegmenterPrompts& prompts_;
  Autoencoder* autoencoder_;
  SegmenterMixture mixture_;
};

}  // namespace situ
