// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace situ {

/// Counts pixels by what they are and what is predicted, over any number of images. A prediction
/// may lie outside the classes (a background class, or none at all): it counts as a miss of the
/// label's class and as a false alarm of none.
class ConfusionMatrix {
 public:
  /// Throws std::invalid_argument unless 1 <= classes <= 65536.
  explicit ConfusionMatrix(std::int64_t classes);

  /// Adds an image. labels, predictions: uint8 or int32 [H, W] on the CPU; labels outside
  /// [0, classes) are ignored. Throws std::invalid_argument for other tensors.
  void add(const at::Tensor& labels, const at::Tensor& predictions);
  /// Adds the counts of another matrix of as many classes.
  void add(const ConfusionMatrix& other);

  std::int64_t classes() const { return classes_; }
  /// Pixels of `label` that were predicted as `prediction`; prediction = classes(): as none.
  std::int64_t at(std::int64_t label, std::int64_t prediction) const;
  std::int64_t pixels() const;  ///< that are not ignored

  /// Intersection over union of a class, NaN where it is neither labelled nor predicted.
  double iou(std::int64_t class_id) const;
  /// The mean over those of the classes whose IoU is defined; NaN where none is.
  double mean_iou(std::span<const std::int64_t> class_ids) const;
  /// The share of a class's pixels that are predicted so, NaN where it has none.
  double recall(std::int64_t class_id) const;
  double pixel_accuracy() const;

  /// The matrix of coarser classes. category_of: for each class its category in [0, categories), or
  /// -1, whose pixels are then ignored.
  ConfusionMatrix merged(std::span<const std::int64_t> category_of, std::int64_t categories) const;

 private:
  std::int64_t classes_;
  std::vector<std::int64_t> counts_;  // [classes, classes + 1]
};

/// The pixels of a mask within `distance_px` of its outline, on the inside; the image's border is
/// part of the outline. mask: bool [H, W]. (Cheng et al. 2021, Boundary IoU)
at::Tensor boundary_of(const at::Tensor& mask, std::int64_t distance_px);

/// Intersections and unions of class boundaries, over any number of images: the distance is 2 % of
/// the image's diagonal, at least one pixel. Pixels with other labels count nowhere.
class BoundaryIou {
 public:
  explicit BoundaryIou(std::int64_t classes);
  /// Tensors as for ConfusionMatrix::add.
  void add(const at::Tensor& labels, const at::Tensor& predictions);
  void add(const BoundaryIou& other);
  double iou(std::int64_t class_id) const;  ///< NaN where the class never occurs

 private:
  std::vector<std::int64_t> intersections_;
  std::vector<std::int64_t> unions_;
};

}  // namespace situ
