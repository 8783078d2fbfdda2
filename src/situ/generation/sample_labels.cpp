// SPDX-License-Identifier: Apache-2.0
#include "situ/generation/sample_labels.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "situ/imaging/label_pixels.h"

namespace situ {
namespace {

constexpr double kSameObject = 0.8;  // IoU
constexpr int64_t kIgnored = 255;    // in anomaly maps
constexpr int64_t kHighestByte = 255;

double iou(const at::Tensor& a, const at::Tensor& b) {
  const int64_t any = (a | b).sum().item<int64_t>();
  const auto both = static_cast<double>((a & b).sum().item<int64_t>());
  return any == 0 ? 0 : both / static_cast<double>(any);
}

at::Tensor ignored_in(const at::Tensor& labels, const LabelSet& set) {
  std::vector<int64_t> ids = set.ignore_ids();
  for (const LabelClass& one : set.classes()) {
    if (one.ignored) ids.push_back(one.id);
  }
  return pixels_with(labels, ids);
}

}  // namespace

std::vector<at::Tensor> disjoint_parts(std::vector<at::Tensor> parts) {
  for (size_t i = 1; i < parts.size(); ++i) {
    if (!parts[i].defined()) continue;
    if (iou(parts[0], parts[i]) > kSameObject) {
      parts[i] = at::Tensor();
      continue;
    }
    for (size_t earlier = 0; earlier < i; ++earlier) {
      if (parts[earlier].defined()) parts[earlier] = parts[earlier] & ~parts[i];
    }
  }
  return parts;
}

SampleLabels label_sample(const at::Tensor& source, const at::Tensor& image, const Recipe& recipe,
                          std::span<const PlannedInsertion> planned,
                          std::span<const Insertion> inserted) {
  SampleLabels result;
  const int64_t height = image.size(1);
  const int64_t width = image.size(2);
  result.instances = at::zeros({height, width}, at::kByte);
  result.anomaly = at::zeros({height, width}, at::kByte);
  if (source.defined()) {
    result.labels = source.clone();
    result.anomaly.masked_fill_(ignored_in(source, recipe.labels), kIgnored);
  }
  for (size_t k = 0; k < inserted.size(); ++k) {
    if (inserted[k].status != InsertionStatus::kInserted) continue;
    const RecipeObject& object = *planned[k].object;
    if (recipe.method.kind == MethodKind::kTextToImageFull) {
      // What the pasted picture shows beside the object has no label.
      const at::Tensor pasted = inserted[k].alpha.gt(0);
      if (result.labels.defined()) {
        result.labels.masked_fill_(pasted, unlabelled_id(recipe.labels));
      }
      result.anomaly.masked_fill_(pasted, kIgnored);
    }
    const std::vector<at::Tensor> parts = disjoint_parts(inserted[k].parts);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i].defined()) continue;
      const int64_t id = label_of(object, object.parts.at(i), recipe.plan);
      if (result.labels.defined()) {
        if (id > kHighestByte) result.labels = result.labels.to(at::kInt);
        result.labels.masked_fill_(parts[i], id);
      }
      result.instances.masked_fill_(parts[i], static_cast<int64_t>(k) + 1);
      result.anomaly.masked_fill_(parts[i], object.ood ? 1 : 0);
    }
  }
  return result;
}

}  // namespace situ
