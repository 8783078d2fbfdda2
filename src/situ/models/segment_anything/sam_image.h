// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace situ {

/// How a picture lies in the square that the network sees: resized so that its longer side fills
/// it, at the upper left.
struct SamFrame {
  std::int64_t side = 1024;            ///< of the square
  std::int64_t height = 0, width = 0;  ///< of the picture
  std::int64_t seen_height = 0, seen_width = 0;
  bool stretched = false;

  /// Sides are int(side * scale + 0.5) with scale = square / longer side, at least 1.
  /// Source: segment-anything, utils/transforms.py. Throws std::invalid_argument for sizes below 1.
  static SamFrame of(std::int64_t height, std::int64_t width, std::int64_t square);
  /// SAM 2: the picture fills the square, whatever its shape. Throws as of().
  static SamFrame stretched_over(std::int64_t height, std::int64_t width, std::int64_t square);
};

/// The keys of preprocessor_config.json that situ follows; defaults are everyone's.
struct SamImageOptions {
  std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
  std::array<float, 3> deviation = {0.229F, 0.224F, 0.225F};
};

/// The picture, uint8 [3, H, W], as the network takes it: resized by Pillow's bilinear filter,
/// normalised, zeros at the right and bottom. float32 [1, 3, side, side].
at::Tensor sam_pixels(const at::Tensor& image, const SamFrame& frame,
                      const SamImageOptions& options = {});

/// Places in pixels of the picture, float [.., 2] of x and y, in those of the square.
at::Tensor to_square(const at::Tensor& places, const SamFrame& frame);

/// Logits of the network, float32 [N, M, h, w] of the whole square, at the picture's pixels:
/// brought to the square's size, cut to the picture, brought to its size, each bilinearly; above 0
/// is mask. Those of a stretched picture are brought to its size at once. bool [N, M, H, W].
at::Tensor picture_masks(const at::Tensor& logits, const SamFrame& frame);

}  // namespace situ
