// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "situ/core/random.h"
#include "situ/training/composition/crop_composer.h"
#include "situ/training/composition/scene_source.h"

namespace situ {

/// How far training pictures are changed from what they were made of.
struct SampleVariation {
  double min_scene_scale = 0.5;  // of a scene scaled to 360 px of height
  double max_scene_scale = 1.2;
  double min_crop_zoom = 0.7;  // of the whole crop fitted to the window
  double max_crop_zoom = 1.4;
  double degraded_share = 0.5;    // of each kind of degradation
  double least_resolution = 0.4;  // share of the pixels a side that a blurred picture keeps
  double most_noise = 0.08;       // standard deviation, in [-1, 1]
  double color_jitter = 0.25;     // relative change of brightness, contrast and saturation
};

/// A square window of a scene. image: float [3, S, S] in [-1, 1]; labels: uint8 [S, S], indices
/// into location_labels().
struct SceneWindow {
  at::Tensor image;
  at::Tensor labels;
};
SceneWindow scene_window(const Scene& scene, int64_t size, const SampleVariation& variation,
                         Random& random);

/// A composed crop in the size of the window. image: float [3, S, S] in [-1, 1]; object and hole:
/// float [S, S], the share of each pixel that belongs to it.
struct CropWindow {
  at::Tensor image;
  at::Tensor object;
  at::Tensor hole;
  int64_t name = -1;  // index into the vocabulary, -1 for no object
};
/// image: float [3, s, s] in [-1, 1], the crop's picture (perhaps through an autoencoder).
CropWindow crop_window(const at::Tensor& image, const ComposedCrop& crop, int64_t size,
                       const SampleVariation& variation, Random& random);

/// Float [3, H, W] in [-1, 1] with another brightness, contrast, saturation and white.
at::Tensor jittered_color(const at::Tensor& image, double strength, Random& random);

}  // namespace situ
