// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "situ/tasks/open_vocabulary_segmenter.h"
#include "situ/tasks/promptable_segmenter.h"
#include "situ/tasks/text_detector.h"

namespace situ {

/// Finds what a prompt names with a detector and outlines each box with a promptable segmenter:
/// Grounded-SAM (Ren et al. 2024). What either makes of an image is kept until another image comes,
/// so that further prompts on it are cheap. Detections come in the detector's order; boxes may
/// reach beyond the image there, those of the detections are cut at its border. A box with an empty
/// mask counts as a detection, as in the original code.
class GroundedSegmenter : public OpenVocabularySegmenter {
 public:
  /// Throws std::invalid_argument for options out of range.
  GroundedSegmenter(std::unique_ptr<TextDetector> detector,
                    std::unique_ptr<PromptableSegmenter> outliner,
                    const DetectionOptions& options = {});

  std::vector<Detection> segment(const at::Tensor& image, const std::string& prompt) override;

 private:
  std::unique_ptr<TextDetector> detector_;
  std::unique_ptr<PromptableSegmenter> outliner_;
  DetectionOptions options_;
};

}  // namespace situ
