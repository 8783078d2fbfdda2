// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "situ/core/options.h"
#include "situ/imaging/float_box.h"

namespace situ {

/// Whose way from scores to boxes and phrases.
enum class DetectionRule { kOriginal, kTransformers };

template <>
struct EnumNames<DetectionRule> {
  static constexpr std::array<std::pair<DetectionRule, const char*>, 2> table{{
      {DetectionRule::kOriginal, "original"},
      {DetectionRule::kTransformers, "transformers"},
  }};
};

/// Which boxes count.
struct DetectionOptions {
  double box_threshold = 0.3;
  double text_threshold = 0.25;
  DetectionRule processing = DetectionRule::kOriginal;
  std::string negative_prompt = {};
  double max_iou = 1;
  int64_t max_detections = 0;
  int64_t tiles = 1;

  static constexpr auto fields() {
    using T = DetectionOptions;
    return std::tuple{
        field("box_threshold", &T::box_threshold, "least score of a box, exclusive [0, 1]"),
        field("text_threshold", &T::text_threshold,
              "least score of a word to become part of the phrase, exclusive [0, 1]"),
        field("processing", &T::processing,
              "image and boxes as in the original code, or as in the transformers package"),
        field("negative_prompt", &T::negative_prompt,
              "a box that one of these phrases explains better is dropped: a puddle. a shadow."),
        field("max_iou", &T::max_iou,
              "of boxes that overlap more (IoU) the surest one is kept; 1 keeps all [0, 1]"),
        field("max_detections", &T::max_detections, "so many of the surest; 0 keeps all"),
        field("tiles", &T::tiles,
              "for small objects: look at N x N overlapping parts of the image too [1, 8]")};
  }
  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// A box around what a prompt names.
struct DetectedBox {
  std::string phrase;  ///< the words of the prompt that it answers
  double score = 0;    ///< in [0, 1], higher = surer
  FloatBox box;        ///< pixels of the image, not cut at its border
};

/// Finds what a text names, as boxes.
class TextDetector {
 public:
  virtual ~TextDetector() = default;

  /// What a prompt of one or several phrases, "a dog. a cat.", names in the image, uint8 [3, H, W];
  /// in the detector's own order. Throws std::invalid_argument for a prompt that the detector
  /// cannot read, such as an empty one.
  virtual std::vector<DetectedBox> detect(const at::Tensor& image, const std::string& prompt,
                                          const DetectionOptions& options) = 0;
};

/// What detect() finds in the whole image and in each of its tiles, reduced by max_iou and
/// max_detections. Boxes that a tile's inner edge cuts are left to the tile beside it; what
/// overlaps by more than one half under the same phrase is one thing. Throws as detect(), and for
/// options out of range.
std::vector<DetectedBox> detect_all(TextDetector& detector, const at::Tensor& image,
                                    const std::string& prompt, const DetectionOptions& options);

}  // namespace situ
