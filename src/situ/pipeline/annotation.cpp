// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/annotation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/imaging/resize.h"

namespace situ {
namespace {

int64_t count(const at::Tensor& mask) { return mask.sum().item<int64_t>(); }

double mask_iou(const at::Tensor& a, const at::Tensor& b) {
  const int64_t both = count(a & b);
  const int64_t any = count(a | b);
  return any == 0 ? 0 : static_cast<double>(both) / static_cast<double>(any);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

struct Verdict {
  std::optional<Rejection> rejection;
  std::string reason;
};

Verdict judge(const at::Tensor& mask, const at::Tensor& hole,
              const std::vector<Detection>& original, const AnnotationOptions& options) {
  const auto area = static_cast<double>(count(mask));
  const double share = area / static_cast<double>(mask.numel());
  // An empty mask lies nowhere: the original's 0/0 passes the first rule as well, and fails the
  // second.
  if (area > 0) {
    const double inside = static_cast<double>(count(mask & hole)) / area;
    if (inside < options.min_containment) {
      return {Rejection::kOutsideRegion, number(inside) +
                                             " of the object lies inside the hole, less than " +
                                             number(options.min_containment)};
    }
  }
  if (area == 0 || share < options.min_area) {
    return {Rejection::kTooSmall, "the object covers " + number(share) +
                                      " of the crop, less than " + number(options.min_area)};
  }
  for (const Detection& before : original) {
    const double iou = mask_iou(mask, before.mask);
    if (iou > options.max_original_iou) {
      return {Rejection::kAlreadyThere, "the unpainted crop shows it too: IoU " + number(iou) +
                                            ", more than " + number(options.max_original_iou)};
    }
  }
  return {};
}

std::vector<Detection> segment(OpenVocabularySegmenter& segmenter, const at::Tensor& image,
                               const std::string& prompt) {
  std::vector<Detection> found = segmenter.segment(image, prompt);
  for (const Detection& one : found) {
    check_mask(one.mask, "annotate: the segmenter's mask");
    check_shape(one.mask, {std::to_string(image.size(1)), std::to_string(image.size(2))},
                "annotate: the segmenter's mask");
  }
  return found;
}

Annotation in_image(const at::Tensor& mask_in_crop, const Box& crop, double score, int64_t height,
                    int64_t width) {
  Annotation object;
  object.mask = at::zeros({height, width}, at::kBool);
  object.mask.slice(0, crop.y0, crop.y1).slice(1, crop.x0, crop.x1).copy_(mask_in_crop);
  object.box = bounding_box(object.mask).value_or(Box{});
  object.score = score;
  object.area_px = count(mask_in_crop);
  return object;
}

}  // namespace

void AnnotationOptions::validate() const {
  const auto share = [](const char* name, double value) {
    require_option(value >= 0 && value <= 1, name, value, "in [0, 1]");
  };
  share("min_containment", min_containment);
  share("min_area", min_area);
  share("min_score", min_score);
  share("max_original_iou", max_original_iou);
}

AnnotationResult annotate(OpenVocabularySegmenter& segmenter, const at::Tensor& painted,
                          const Crop& crop, const std::string& prompt, int64_t height,
                          int64_t width, const AnnotationOptions& options) {
  options.validate();
  check_image(painted, "annotate: painted");
  check_shape(painted, {"3", std::to_string(crop.box.height()), std::to_string(crop.box.width())},
              "annotate: painted");
  std::vector<Detection> found = segment(segmenter, painted, prompt);
  std::erase_if(found, [&](const Detection& one) { return !(one.score >= options.min_score); });
  if (found.empty()) {
    return {std::nullopt, Rejection::kNotDetected, "nothing was found for '" + prompt + "'"};
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  std::vector<Detection> original;
  if (options.compare_with_original) original = segment(segmenter, crop.image, prompt);

  AnnotationResult result;
  at::Tensor mask;
  double score = 0;
  for (const Detection& one : found) {
    const Verdict verdict = judge(one.mask, crop.hole_mask, original, options);
    if (verdict.rejection) {
      if (result.reason.empty()) {
        result.rejection = *verdict.rejection;
        result.reason = verdict.reason;
      }
      continue;
    }
    if (!mask.defined()) score = one.score;
    mask = mask.defined() ? mask | one.mask : one.mask;
    if (options.detections == DetectionChoice::kBest) break;
  }
  if (!mask.defined()) return result;
  result.object = in_image(mask, crop.box, score, height, width);
  result.reason.clear();
  return result;
}

at::Tensor hole_compat_poc(const at::Tensor& hole_mask, int64_t side) {
  check_mask(hole_mask, "hole_compat_poc: hole_mask");
  const auto widened = [](const at::Tensor& mask, int64_t height, int64_t width) {
    return resize(mask.to(at::kByte).mul(255), height, width, Interpolation::kBicubic).gt(0);
  };
  return widened(widened(hole_mask, side, side), hole_mask.size(0), hole_mask.size(1));
}

}  // namespace situ
