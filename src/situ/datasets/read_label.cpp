// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <array>
#include <stdexcept>
#include <unordered_map>

#include "situ/core/errors.h"
#include "situ/datasets/coco_annotations.h"
#include "situ/datasets/dataset.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

constexpr int64_t kHighestByte = 255;

uint32_t packed(uint8_t r, uint8_t g, uint8_t b) {
  return uint32_t{r} | (uint32_t{g} << 8) | (uint32_t{b} << 16);
}

[[noreturn]] void refuse_color(const std::string& file, const LabelSet& set, uint32_t color,
                               int64_t row, int64_t column) {
  throw DataError(file, "pixel (" + std::to_string(row) + ", " + std::to_string(column) +
                            "): the color " + std::to_string(color & 255) + " " +
                            std::to_string((color >> 8) & 255) + " " + std::to_string(color >> 16) +
                            " is of no class of the label set " + set.name());
}

/// image: uint8 [3, H, W]. Where two classes have one color, the lower id.
at::Tensor ids_of_colors(const at::Tensor& image, const LabelSet& set, const std::string& file) {
  std::unordered_map<uint32_t, int32_t> id_of;
  for (const LabelClass& one : set.classes()) {
    id_of.emplace(packed(one.color.r, one.color.g, one.color.b), static_cast<int32_t>(one.id));
  }
  const int64_t height = image.size(1);
  const int64_t width = image.size(2);
  at::Tensor ids = at::empty({height, width}, at::kInt);
  const uint8_t* const red = image.const_data_ptr<uint8_t>();
  const uint8_t* const green = red + height * width;
  const uint8_t* const blue = green + height * width;
  auto* const out = ids.mutable_data_ptr<int32_t>();
  uint32_t last_color = ~0u;
  int32_t last_id = 0;
  for (int64_t i = 0; i < height * width; ++i) {
    const uint32_t color = packed(red[i], green[i], blue[i]);
    if (color != last_color) {
      const auto found = id_of.find(color);
      if (found == id_of.end()) refuse_color(file, set, color, i / width, i % width);
      last_color = color;
      last_id = found->second;
    }
    out[i] = last_id;
  }
  return ids;
}

at::Tensor narrowed(const at::Tensor& ids, const LabelSet& set) {
  int64_t highest = set.classes().empty() ? 0 : set.classes().back().id;
  if (!set.ignore_ids().empty()) highest = std::max(highest, set.ignore_ids().back());
  return highest <= kHighestByte ? ids.to(at::kByte) : ids.to(at::kInt);
}

void require_label(const Sample& sample, const std::string& file, const char* what) {
  if (file.empty()) {
    throw std::invalid_argument("the image " + sample.id + " has no " + what);
  }
}

const CocoAnnotations& annotations_of(const Dataset& dataset) {
  if (!dataset.annotations) throw std::invalid_argument("the data set has no annotations");
  return *dataset.annotations;
}

}  // namespace

at::Tensor read_unchecked_label(const Dataset& dataset, const Sample& sample) {
  require_label(sample, sample.label, "label");
  const std::string file = (dataset.root / sample.label).string();
  switch (dataset.format) {
    case LabelFormat::kIds:
      return load_labels(file);
    case LabelFormat::kColors:
      return ids_of_colors(load_image(file), dataset.labels, file);
    case LabelFormat::kPanoptic:
    case LabelFormat::kInstances:
      return annotations_of(dataset).class_ids(sample.id, file);
  }
  throw std::invalid_argument("read_label: no such format");
}

at::Tensor read_label(const Dataset& dataset, const Sample& sample) {
  const at::Tensor ids = read_unchecked_label(dataset, sample);
  check_ids(ids, dataset.labels, (dataset.root / sample.label).string());
  return narrowed(ids, dataset.labels);
}

at::Tensor read_instances(const Dataset& dataset, const Sample& sample) {
  require_label(sample, sample.instances, "instance map");
  const std::string file = (dataset.root / sample.instances).string();
  if (dataset.format == LabelFormat::kPanoptic || dataset.format == LabelFormat::kInstances) {
    return annotations_of(dataset).instance_numbers(sample.id, file);
  }
  return load_labels(file);
}

}  // namespace situ
