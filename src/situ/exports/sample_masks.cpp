// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/sample_masks.h"

#include <ATen/ATen.h>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

constexpr int64_t kHighestByte = 255;

void check_map(const ExportSample& sample, const at::Tensor& map, const char* what) {
  if (map.dim() == 2 && map.size(0) == sample.height && map.size(1) == sample.width) return;
  throw DataError(sample.id, std::string(what) + ": expected [" + std::to_string(sample.height) +
                                 ", " + std::to_string(sample.width) + "], got " + shape_text(map));
}

}  // namespace

at::Tensor anomaly_map(const ExportSample& sample, const LabelSet& labels) {
  at::Tensor map = at::zeros({sample.height, sample.width}, at::kByte);
  if (sample.label.defined()) {
    for (const int64_t id : labels.ignore_ids())
      map.masked_fill_(sample.label == id, kIgnoredPixel);
    for (const LabelClass& one : labels.classes()) {
      if (one.ignored) map.masked_fill_(sample.label == one.id, kIgnoredPixel);
    }
  }
  for (const ExportObject& object : sample.objects) {
    map.masked_fill_(object.mask, object.is_ood ? kAnomaly : kInDistribution);
  }
  return map;
}

const at::Tensor& label_of(const ExportSample& sample) {
  if (!sample.label.defined()) {
    throw DataError(sample.id, "it has no label, which this format needs");
  }
  return sample.label;
}

at::Tensor byte_label_of(const ExportSample& sample) {
  const at::Tensor& label = label_of(sample);
  if (label.scalar_type() == at::kByte) return label;
  const auto highest = label.max().item<int64_t>();
  if (highest > kHighestByte) {
    throw DataError(sample.id, "the label id " + std::to_string(highest) +
                                   " does not fit into the bytes of this format");
  }
  return label.to(at::kByte);
}

std::vector<RgbColor> palette_of(const LabelSet& labels) {
  std::vector<RgbColor> palette(kHighestByte + 1);
  for (const LabelClass& one : labels.classes()) {
    if (one.id > kHighestByte) continue;
    palette[static_cast<std::size_t>(one.id)] = {one.color.r, one.color.g, one.color.b};
  }
  return palette;
}

ObjectClasses::ObjectClasses(const LabelSet& labels) : labels_(labels) {
  for (const LabelClass& one : labels.classes()) {
    if (one.is_thing) classes_.emplace(one.id, one);
  }
}

void ObjectClasses::add(const ExportSample& sample) {
  for (const ExportObject& object : sample.objects) {
    const LabelClass* const found = labels_.find(object.class_id);
    if (found == nullptr) {
      throw DataError(sample.id, "the label set " + labels_.name() + " has no class " +
                                     std::to_string(object.class_id));
    }
    classes_.emplace(found->id, *found);
  }
}

void check_sample(const ExportSample& sample) {
  if (sample.label.defined()) check_map(sample, sample.label, "label");
  if (sample.instances.defined()) check_map(sample, sample.instances, "instances");
  for (const ExportObject& object : sample.objects) {
    check_map(sample, object.mask, "the mask of an object");
    if (object.mask.scalar_type() != at::kBool) {
      throw DataError(sample.id, "the mask of an object: expected bool");
    }
  }
}

}  // namespace situ
