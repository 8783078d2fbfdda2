// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/grounded_segmenter.h"

#include <ATen/ATen.h>

#include <utility>

namespace situ {

GroundedSegmenter::GroundedSegmenter(std::unique_ptr<TextDetector> detector,
                                     std::unique_ptr<PromptableSegmenter> outliner,
                                     const DetectionOptions& options)
    : detector_(std::move(detector)), outliner_(std::move(outliner)), options_(options) {
  options_.validate();
}

std::vector<Detection> GroundedSegmenter::segment(const at::Tensor& image,
                                                  const std::string& prompt) {
  const std::vector<DetectedBox> boxes = detect_all(*detector_, image, prompt, options_);
  if (boxes.empty()) return {};
  outliner_->set_image(image);
  std::vector<FloatBox> places;
  for (const DetectedBox& one : boxes) places.push_back(one.box);
  const PromptedMasks outlined = outliner_->predict({.boxes = corners(places)}, false);
  std::vector<Detection> found;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    found.push_back({.phrase = boxes[i].phrase,
                     .score = boxes[i].score,
                     .box = touched_pixels(boxes[i].box, image.size(1), image.size(2)),
                     .mask = outlined.masks[static_cast<int64_t>(i)][0]});
  }
  return found;
}

}  // namespace situ
