// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace situ {

/// Whose rounding pre- and post-processing follow, where the two differ.
enum class DinoProcessing {
  kOriginal,      // the repository IDEA-Research/GroundingDINO
  kTransformers,  // GroundingDinoProcessor of transformers with images of Pillow
};

/// The keys of transformers' preprocessor_config.json that situ follows; defaults are everyone's.
struct DinoImageOptions {
  std::int64_t shortest_edge = 800;
  std::int64_t longest_edge = 1333;
  std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
  std::array<float, 3> deviation = {0.229F, 0.224F, 0.225F};
};

struct DinoImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const DinoImageSize&) const = default;
};

/// The size that the detector sees a picture at: its shorter side is `shortest_edge`, or less where
/// the other would pass `longest_edge`. Throws std::invalid_argument for sizes below 1, and for a
/// picture so narrow that nothing would be left of it.
/// Source: GroundingDINO, datasets/transforms.py; transformers, get_size_with_aspect_ratio.
DinoImageSize detector_size(const DinoImageSize& image, DinoProcessing processing,
                            const DinoImageOptions& options = {});

/// A picture, uint8 [3, H, W], as the detector takes it: resized by Pillow's bilinear filter and
/// normalised, float32 [3, h, w].
at::Tensor detector_pixels(const at::Tensor& image, DinoProcessing processing,
                           const DinoImageOptions& options = {});

}  // namespace situ
