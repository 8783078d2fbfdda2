// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// Says of every pixel which of a fixed list of classes it is.
class SemanticSegmenter {
 public:
  virtual ~SemanticSegmenter() = default;

  virtual std::int64_t classes() const = 0;

  /// Returns the logits of the classes: float32 [classes, height, width] on the CPU, resized from
  /// the network's own size. image: uint8 [3, H, W].
  virtual at::Tensor logits(const at::Tensor& image, std::int64_t height, std::int64_t width) = 0;
};

}  // namespace situ
