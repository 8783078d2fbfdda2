// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/location_area.h"

#include <ATen/ATen.h>

#include <utility>

#include "situ/core/tensor_check.h"
#include "situ/imaging/label_pixels.h"

namespace situ {
namespace {

void check_size(const at::Tensor& plane, const at::Tensor& scene, const char* where) {
  check_shape(plane, {std::to_string(scene.size(1)), std::to_string(scene.size(2))}, where);
}

struct AreaOf {
  const at::Tensor& scene;
  OpenVocabularySegmenter& segmenter;

  LocationArea operator()(const Everywhere&) const {
    return {at::ones({scene.size(1), scene.size(2)}, at::kBool), ""};
  }

  LocationArea operator()(const LocationPrompt& location) const {
    at::Tensor area = at::zeros({scene.size(1), scene.size(2)}, at::kBool);
    for (const Detection& one : segmenter.segment(scene, location.prompt)) {
      check_mask(one.mask, "location_area: the segmenter's mask");
      check_size(one.mask, scene, "location_area: the segmenter's mask");
      area |= one.mask;
    }
    return checked(area, "nothing was found for '" + location.prompt + "'");
  }

  LocationArea operator()(const LocationMask& location) const {
    check_mask(location.mask, "location_area: mask");
    check_size(location.mask, scene, "location_area: mask");
    return checked(location.mask, "the location mask is empty");
  }

  LocationArea operator()(const LocationLabels& location) const {
    check_size(location.labels, scene, "location_area: labels");
    check_dtype(location.labels, at::kByte, "location_area: labels");
    std::string ids;
    for (const int64_t id : location.ids) {
      if (id < 0 || id > 255) {
        throw std::invalid_argument("location_area: expected label ids in [0, 255], got " +
                                    std::to_string(id));
      }
      ids += (ids.empty() ? "" : ", ") + std::to_string(id);
    }
    return checked(pixels_with(location.labels, location.ids),
                   "no pixel has a label of {" + ids + "}");
  }

  static LocationArea checked(at::Tensor area, std::string reason) {
    const bool found = area.any().item<bool>();
    return {std::move(area), found ? "" : std::move(reason)};
  }
};

}  // namespace

LocationArea location_area(const at::Tensor& scene, const Location& location,
                           OpenVocabularySegmenter& segmenter) {
  check_image(scene, "location_area: scene");
  return std::visit(AreaOf{scene, segmenter}, location);
}

LocationAreas::LocationAreas(at::Tensor scene, OpenVocabularySegmenter& segmenter)
    : scene_(std::move(scene)), segmenter_(segmenter) {
  check_image(scene_, "LocationAreas: scene");
}

LocationArea LocationAreas::area(const Location& location) {
  const auto* prompt = std::get_if<LocationPrompt>(&location);
  if (prompt == nullptr) return location_area(scene_, location, segmenter_);
  const auto known = area_of_prompt_.find(prompt->prompt);
  if (known != area_of_prompt_.end()) return known->second;
  LocationArea area = location_area(scene_, location, segmenter_);
  area_of_prompt_.emplace(prompt->prompt, area);
  return area;
}

}  // namespace situ
