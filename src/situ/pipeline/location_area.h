// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "situ/tasks/open_vocabulary_segmenter.h"

namespace situ {

/// An object may lie anywhere.
struct Everywhere {};

/// An object lies on what the segmenter finds for a prompt: "the road".
struct LocationPrompt {
  std::string prompt;
};

/// An object lies on the true pixels of a mask, bool [H, W].
struct LocationMask {
  at::Tensor mask;
};

/// An object lies on the pixels with one of the label ids. labels: uint8 [H, W].
struct LocationLabels {
  at::Tensor labels;
  std::vector<int64_t> ids;
};

/// Where an object may lie.
using Location = std::variant<Everywhere, LocationPrompt, LocationMask, LocationLabels>;

/// The pixels of a scene that a location means.
struct LocationArea {
  at::Tensor valid_area;     ///< bool [H, W]
  std::string empty_reason;  ///< why no pixel is valid: "nothing was found for 'the road'"; else ""

  bool empty() const { return !empty_reason.empty(); }
};

/// The union of all detections for a prompt, the mask, the pixels with the labels, or all pixels.
/// scene: uint8 [3, H, W]. Throws std::invalid_argument where a mask or labels have another size
/// than the scene, and whatever the segmenter throws.
LocationArea location_area(const at::Tensor& scene, const Location& location,
                           OpenVocabularySegmenter& segmenter);

/// The areas of one scene, each prompt segmented once.
class LocationAreas {
 public:
  /// scene: uint8 [3, H, W]. The segmenter is used during area().
  LocationAreas(at::Tensor scene, OpenVocabularySegmenter& segmenter);

  /// As location_area.
  LocationArea area(const Location& location);

 private:
  at::Tensor scene_;
  OpenVocabularySegmenter& segmenter_;
  std::map<std::string, LocationArea> area_of_prompt_;
};

}  // namespace situ
