// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/text_detector.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

constexpr double kTileOverlap = 0.2;
constexpr double kSameThingIou = 0.5;  // of boxes from different tiles
constexpr double kAtEdgePx = 2;

at::Tensor window(const at::Tensor& image, const Box& tile) {
  return image.narrow(1, tile.y0, tile.height()).narrow(2, tile.x0, tile.width()).contiguous();
}

// Touches a side of the tile that is not the image's border.
bool is_cut(const FloatBox& box, const Box& tile, int64_t height, int64_t width) {
  const auto at_edge = [](double value, int64_t edge) {
    return std::abs(value - static_cast<double>(edge)) < kAtEdgePx;
  };
  return (tile.x0 > 0 && at_edge(box.x0, tile.x0)) || (tile.y0 > 0 && at_edge(box.y0, tile.y0)) ||
         (tile.x1 < width && at_edge(box.x1, tile.x1)) ||
         (tile.y1 < height && at_edge(box.y1, tile.y1));
}

std::vector<DetectedBox> in_tiles(TextDetector& detector, const at::Tensor& image,
                                  const std::string& prompt, const DetectionOptions& options) {
  const int64_t height = image.size(1), width = image.size(2);
  std::vector<DetectedBox> found;
  for (const Box& tile :
       overlapping_tiles(height, width, options.tiles, options.tiles, kTileOverlap)) {
    for (DetectedBox& one : detector.detect(window(image, tile), prompt, options)) {
      one.box = shifted(one.box, tile.x0, tile.y0);
      if (!is_cut(one.box, tile, height, width)) found.push_back(std::move(one));
    }
  }
  return found;
}

// The surest of each place, in the order of their scores.
std::vector<DetectedBox> distinct(const std::vector<DetectedBox>& found, double max_iou) {
  std::vector<FloatBox> boxes;
  std::vector<double> scores;
  for (const DetectedBox& one : found) {
    boxes.push_back(one.box);
    scores.push_back(one.score);
  }
  std::vector<DetectedBox> kept;
  for (const std::size_t i : non_maximum_suppression(boxes, scores, max_iou)) {
    kept.push_back(found[i]);
  }
  return kept;
}

// What several tiles saw counts once. A rider and a bicycle in one place are two things.
std::vector<DetectedBox> seen_once(const std::vector<DetectedBox>& found) {
  std::map<std::string, std::vector<DetectedBox>> of_phrase;
  for (const DetectedBox& one : found) of_phrase[one.phrase].push_back(one);
  std::vector<DetectedBox> kept;
  for (const auto& [phrase, boxes] : of_phrase) {
    std::vector<DetectedBox> own = distinct(boxes, kSameThingIou);
    std::move(own.begin(), own.end(), std::back_inserter(kept));
  }
  return kept;
}

}  // namespace

void DetectionOptions::validate() const {
  const auto in_unit = [](double value, const char* name) {
    require_option(value >= 0 && value <= 1, name, value, "in [0, 1]");
  };
  in_unit(box_threshold, "box_threshold");
  in_unit(text_threshold, "text_threshold");
  in_unit(max_iou, "max_iou");
  require_option(max_detections >= 0, "max_detections", max_detections, "0 or more");
  require_option(tiles >= 1 && tiles <= 8, "tiles", tiles, "from 1 to 8");
}

std::vector<DetectedBox> detect_all(TextDetector& detector, const at::Tensor& image,
                                    const std::string& prompt, const DetectionOptions& options) {
  options.validate();
  check_image(image, "detect_all: image");
  std::vector<DetectedBox> found = detector.detect(image, prompt, options);
  if (options.tiles > 1) {
    std::vector<DetectedBox> parts = in_tiles(detector, image, prompt, options);
    std::move(parts.begin(), parts.end(), std::back_inserter(found));
    found = seen_once(found);
  }
  if (options.max_iou < 1) found = distinct(found, options.max_iou);
  const auto limit = static_cast<std::size_t>(options.max_detections);
  if (limit > 0 && found.size() > limit) {
    std::stable_sort(found.begin(), found.end(),
                     [](const DetectedBox& a, const DetectedBox& b) { return a.score > b.score; });
    found.resize(limit);
  }
  return found;
}

}  // namespace situ
