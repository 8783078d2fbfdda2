// SPDX-License-Identifier: Apache-2.0
#include "situ/metrics/confusion_matrix.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"
#include "situ/imaging/host_tensor.h"
#include "situ/imaging/morphology.h"

namespace situ {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMaxClasses = 65536;
constexpr double kBoundaryShare = 0.02;  // of the diagonal, as Boundary IoU's paper has it

at::Tensor whole_numbers(const at::Tensor& image, const char* where) {
  check_host(image, where);
  check_shape(image, {"H", "W"}, where);
  if (image.scalar_type() != at::kByte && image.scalar_type() != at::kInt) {
    throw std::invalid_argument(std::string(where) + ": expected uint8 or int32");
  }
  return image.to(at::kInt).contiguous();
}

void check_sizes(const at::Tensor& labels, const at::Tensor& predictions) {
  if (labels.sizes() == predictions.sizes()) return;
  throw std::invalid_argument("labels " + shape_text(labels) + " and predictions " +
                              shape_text(predictions) + " differ in size");
}

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? kUndefined : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::int64_t classes) : classes_(classes) {
  if (classes < 1 || classes > kMaxClasses) {
    throw std::invalid_argument("ConfusionMatrix: expected 1 to 65536 classes, got " +
                                std::to_string(classes));
  }
  counts_.resize(static_cast<std::size_t>(classes * (classes + 1)));
}

void ConfusionMatrix::add(const at::Tensor& labels, const at::Tensor& predictions) {
  const at::Tensor label_numbers = whole_numbers(labels, "ConfusionMatrix: labels");
  const at::Tensor prediction_numbers = whole_numbers(predictions, "ConfusionMatrix: predictions");
  check_sizes(labels, predictions);
  const auto* label = label_numbers.const_data_ptr<std::int32_t>();
  const auto* prediction = prediction_numbers.const_data_ptr<std::int32_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (label[i] < 0 || label[i] >= classes_) continue;
    const bool known = prediction[i] >= 0 && prediction[i] < classes_;
    const std::int64_t column = known ? prediction[i] : classes_;
    ++counts_[static_cast<std::size_t>(label[i] * (classes_ + 1) + column)];
  }
}

void ConfusionMatrix::add(const ConfusionMatrix& other) {
  if (other.classes_ != classes_) {
    throw std::invalid_argument("ConfusionMatrix: expected " + std::to_string(classes_) +
                                " classes, got " + std::to_string(other.classes_));
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::int64_t ConfusionMatrix::at(std::int64_t label, std::int64_t prediction) const {
  if (label < 0 || label >= classes_ || prediction < 0 || prediction > classes_) {
    throw std::invalid_argument("ConfusionMatrix::at: no class " + std::to_string(label) + ", " +
                                std::to_string(prediction));
  }
  return counts_[static_cast<std::size_t>(label * (classes_ + 1) + prediction)];
}

std::int64_t ConfusionMatrix::pixels() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

double ConfusionMatrix::iou(std::int64_t class_id) const {
  std::int64_t labelled = 0;
  std::int64_t predicted = 0;
  for (std::int64_t other = 0; other <= classes_; ++other) labelled += at(class_id, other);
  for (std::int64_t other = 0; other < classes_; ++other) predicted += at(other, class_id);
  const std::int64_t both = at(class_id, class_id);
  return ratio(both, labelled + predicted - both);
}

double ConfusionMatrix::mean_iou(std::span<const std::int64_t> class_ids) const {
  double sum = 0;
  std::int64_t defined = 0;
  for (const std::int64_t class_id : class_ids) {
    const double one = iou(class_id);
    if (std::isnan(one)) continue;
    sum += one;
    ++defined;
  }
  return defined == 0 ? kUndefined : sum / static_cast<double>(defined);
}

double ConfusionMatrix::recall(std::int64_t class_id) const {
  std::int64_t labelled = 0;
  for (std::int64_t other = 0; other <= classes_; ++other) labelled += at(class_id, other);
  return ratio(at(class_id, class_id), labelled);
}

double ConfusionMatrix::pixel_accuracy() const {
  std::int64_t right = 0;
  for (std::int64_t class_id = 0; class_id < classes_; ++class_id) right += at(class_id, class_id);
  return ratio(right, pixels());
}

ConfusionMatrix ConfusionMatrix::merged(std::span<const std::int64_t> category_of,
                                        std::int64_t categories) const {
  if (static_cast<std::int64_t>(category_of.size()) != classes_) {
    throw std::invalid_argument("ConfusionMatrix::merged: expected a category for each class");
  }
  ConfusionMatrix result(categories);
  for (std::int64_t label = 0; label < classes_; ++label) {
    const std::int64_t row = category_of[static_cast<std::size_t>(label)];
    if (row < 0) continue;
    for (std::int64_t prediction = 0; prediction <= classes_; ++prediction) {
      std::int64_t column =
          prediction == classes_ ? -1 : category_of[static_cast<std::size_t>(prediction)];
      if (column < 0) column = categories;
      result.counts_.at(static_cast<std::size_t>(row * (categories + 1) + column)) +=
          at(label, prediction);
    }
  }
  return result;
}

at::Tensor boundary_of(const at::Tensor& mask, std::int64_t distance_px) {
  const at::Tensor inside = contiguous_host_mask(mask, "boundary_of: mask");
  // erode leaves out what lies beyond the image; a rim of false makes the border an outline.
  const at::Tensor padded = at::constant_pad_nd(inside, {1, 1, 1, 1}, 0);
  const at::Tensor core = erode(padded, distance_px, Neighborhood::kSquare);
  return inside.logical_and(
      core.slice(0, 1, 1 + mask.size(0)).slice(1, 1, 1 + mask.size(1)).logical_not());
}

BoundaryIou::BoundaryIou(std::int64_t classes)
    : intersections_(static_cast<std::size_t>(classes)),
      unions_(static_cast<std::size_t>(classes)) {}

void BoundaryIou::add(const at::Tensor& labels, const at::Tensor& predictions) {
  const at::Tensor label_numbers = whole_numbers(labels, "BoundaryIou: labels");
  const at::Tensor prediction_numbers = whole_numbers(predictions, "BoundaryIou: predictions");
  check_sizes(labels, predictions);
  const auto diagonal =
      std::hypot(static_cast<double>(labels.size(0)), static_cast<double>(labels.size(1)));
  const std::int64_t distance = std::max<std::int64_t>(1, std::llround(kBoundaryShare * diagonal));
  const auto classes = static_cast<std::int64_t>(unions_.size());
  const at::Tensor valid = label_numbers.ge(0).logical_and(label_numbers.lt(classes));
  for (std::int64_t class_id = 0; class_id < classes; ++class_id) {
    const at::Tensor labelled = label_numbers.eq(class_id);
    const at::Tensor predicted = prediction_numbers.eq(class_id).logical_and(valid);
    if (!labelled.any().item<bool>() && !predicted.any().item<bool>()) continue;
    const at::Tensor a = boundary_of(labelled, distance);
    const at::Tensor b = boundary_of(predicted, distance);
    const auto index = static_cast<std::size_t>(class_id);
    intersections_[index] += a.logical_and(b).sum().item<std::int64_t>();
    unions_[index] += a.logical_or(b).sum().item<std::int64_t>();
  }
}

void BoundaryIou::add(const BoundaryIou& other) {
  for (std::size_t i = 0; i < unions_.size(); ++i) {
    intersections_[i] += other.intersections_.at(i);
    unions_[i] += other.unions_.at(i);
  }
}

double BoundaryIou::iou(std::int64_t class_id) const {
  const auto index = static_cast<std::size_t>(class_id);
  return ratio(intersections_.at(index), unions_.at(index));
}

}  // namespace situ
