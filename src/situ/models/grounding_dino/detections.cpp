// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/detections.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

void check_threshold(double value, const char* name) {
  if (!(value >= 0 && value <= 1)) {
    throw std::invalid_argument(std::string("select_detections: ") + name +
                                ": expected 0 to 1, got " + std::to_string(value));
  }
}

// The corners of boxes in pixels, float32 [Q, 4].
at::Tensor corners(const at::Tensor& boxes, const DinoImageSize& image, DinoProcessing processing) {
  const auto width = static_cast<float>(image.width), height = static_cast<float>(image.height);
  const at::Tensor scale = at::tensor({width, height, width, height});
  if (processing == DinoProcessing::kOriginal) {
    const at::Tensor scaled = boxes * scale;
    const at::Tensor sides = scaled.slice(1, 2, 4);
    const at::Tensor first = scaled.slice(1, 0, 2) - sides / 2;
    return at::cat({first, sides + first}, 1);
  }
  const at::Tensor centres = boxes.slice(1, 0, 2), half = 0.5 * boxes.slice(1, 2, 4);
  return at::cat({centres - half, centres + half}, 1) * scale;
}

}  // namespace

std::vector<TokenDetection> select_detections(const at::Tensor& logits, const at::Tensor& boxes,
                                              std::int64_t tokens, const DinoImageSize& image,
                                              const DetectionThresholds& thresholds,
                                              DinoProcessing processing) {
  check_shape(logits, {"Q", "T"}, "select_detections: logits");
  check_dtype(logits, at::kFloat, "select_detections: logits");
  check_shape(boxes, {std::to_string(logits.size(0)), "4"}, "select_detections: boxes");
  check_dtype(boxes, at::kFloat, "select_detections: boxes");
  check_threshold(thresholds.box, "box threshold");
  check_threshold(thresholds.text, "text threshold");
  const std::int64_t width = logits.size(1);
  if (tokens < 0 || tokens > width) {
    throw std::invalid_argument("select_detections: tokens: expected 0 to " +
                                std::to_string(width) + ", got " + std::to_string(tokens));
  }
  const at::Tensor scores = logits.cpu().sigmoid().contiguous();
  const at::Tensor places = corners(boxes.cpu(), image, processing).contiguous();
  const auto box_threshold = static_cast<float>(thresholds.box);
  const auto text_threshold = static_cast<float>(thresholds.text);
  const bool all = processing == DinoProcessing::kOriginal;
  const std::int64_t first = all ? 0 : 1;
  const std::int64_t last = std::min(tokens, all ? width : width - 1);
  std::vector<TokenDetection> detections;
  for (std::int64_t q = 0; q < logits.size(0); ++q) {
    const float* row = scores.const_data_ptr<float>() + q * width;
    TokenDetection detection;
    detection.score = *std::max_element(row, row + width);
    if (!(detection.score > box_threshold)) continue;
    std::copy_n(places.const_data_ptr<float>() + 4 * q, 4, detection.box_xyxy.begin());
    for (std::int64_t i = first; i < last; ++i) {
      if (row[i] > text_threshold) detection.places.push_back(i);
    }
    detections.push_back(std::move(detection));
  }
  return detections;
}

std::vector<std::int64_t> phrase_tokens(const TokenDetection& detection,
                                        std::span<const std::int64_t> token_ids) {
  std::vector<std::int64_t> ids;
  for (const std::int64_t place : detection.places) {
    if (place < 0 || place >= static_cast<std::int64_t>(token_ids.size())) {
      throw std::invalid_argument("phrase_tokens: place " + std::to_string(place) +
                                  " of a prompt of " + std::to_string(token_ids.size()));
    }
    ids.push_back(token_ids[static_cast<std::size_t>(place)]);
  }
  return ids;
}

}  // namespace situ
