// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace situ {

/// What is to be outlined, in pixels of the image: N things, each by a box, by points, or by both.
/// At least one of boxes and points is defined.
struct SegmentPrompts {
  at::Tensor boxes = {};        ///< float [N, 4]: x0, y0, x1, y1
  at::Tensor points = {};       ///< float [N, P, 2]: x, y
  at::Tensor labels = {};       ///< int64 [N, P]: 1 on the thing, 0 beside it, -1 no point
  at::Tensor mask_logits = {};  ///< float [N, 1, h, w]: an earlier prediction's logits, to refine
};

/// Outlines of N things, each with M guesses.
struct PromptedMasks {
  at::Tensor masks;          ///< bool [N, M, H, W]
  at::Tensor predicted_iou;  ///< float [N, M]: how well the network believes each mask to fit
  at::Tensor logits;         ///< float [N, M, h, w], of the network's own resolution
};

/// Outlines what boxes or points show in an image (Segment Anything and its kin).
class PromptableSegmenter {
 public:
  virtual ~PromptableSegmenter() = default;

  /// Looks at an image, uint8 [3, H, W]: the expensive part, done once for all prompts. The same
  /// pixels as before cost nothing.
  virtual void set_image(const at::Tensor& image) = 0;

  /// One mask a thing, or with `multimask` the several that a prompt may mean (whole, part,
  /// subpart). Throws std::invalid_argument for prompts of other shapes, and std::logic_error
  /// before set_image.
  virtual PromptedMasks predict(const SegmentPrompts& prompts, bool multimask) = 0;
};

}  // namespace situ
