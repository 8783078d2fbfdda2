// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "situ/core/options.h"
#include "situ/imaging/box.h"
#include "situ/pipeline/crop.h"
#include "situ/tasks/open_vocabulary_segmenter.h"

namespace situ {

/// What becomes of several accepted detections: the surest one alone, or all as one object.
enum class DetectionChoice { kUnion, kBest };

template <>
struct EnumNames<DetectionChoice> {
  static constexpr std::array<std::pair<DetectionChoice, const char*>, 2> table{{
      {DetectionChoice::kUnion, "union"},
      {DetectionChoice::kBest, "best"},
  }};
};

/// Which detections count as the object that was painted.
struct AnnotationOptions {
  double min_containment = 0.95;
  double min_area = 0.01;
  double min_score = 0;
  DetectionChoice detections = DetectionChoice::kUnion;
  bool compare_with_original = false;
  double max_original_iou = 0.7;

  static constexpr auto fields() {
    return std::tuple{
        field("min_containment", &AnnotationOptions::min_containment,
              "least share of the object's pixels inside the hole [0, 1]"),
        field("min_area", &AnnotationOptions::min_area,
              "least area of the object as a share of the crop [0, 1]"),
        field("min_score", &AnnotationOptions::min_score, "least score of a detection [0, 1]"),
        field("detections", &AnnotationOptions::detections,
              "several accepted detections: union (one object) or best (the surest alone)"),
        field("compare_with_original", &AnnotationOptions::compare_with_original,
              "segment the unpainted crop too and reject what was there before"),
        field(
            "max_original_iou", &AnnotationOptions::max_original_iou,
            "overlap (IoU) with a detection of the unpainted crop above which an object is not new "
            "[0, 1]"),
    };
  }
  /// Throws std::invalid_argument naming the option, its value and its bound.
  void validate() const;
};

/// The object as it lies in the image.
struct Annotation {
  at::Tensor mask;      ///< bool [H, W]
  Box box;              ///< of the mask
  double score = 0;     ///< of the surest detection, in [0, 1]
  int64_t area_px = 0;  ///< true pixels of the mask
};

/// Why no detection was accepted.
enum class Rejection { kNotDetected, kOutsideRegion, kTooSmall, kAlreadyThere };

/// Either the object, or why there is none.
struct AnnotationResult {
  std::optional<Annotation> object = std::nullopt;
  Rejection rejection = Rejection::kNotDetected;  ///< of the surest detection; unless accepted
  std::string
      reason;  ///< the rejection with its numbers: "0.31 of the object lies inside the hole …"
};

/// Finds the painted object and decides whether it may be kept, by the rules of the original code:
/// enough of it inside the hole, and large enough. painted: uint8 [3, h, w] of the crop's size.
/// height, width: of the image. Throws std::invalid_argument where the painted crop or a
/// detection's mask has another size, and whatever the segmenter throws.
AnnotationResult annotate(OpenVocabularySegmenter& segmenter, const at::Tensor& painted,
                          const Crop& crop, const std::string& prompt, int64_t height,
                          int64_t width, const AnnotationOptions& options);

/// The hole after the round trip through a model of `side` x `side` pixels, as the original code
/// widens it (up to one pixel a side) before it measures the containment. hole_mask: bool [h, w].
at::Tensor hole_compat_poc(const at::Tensor& hole_mask, int64_t side = 512);

}  // namespace situ
