// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace situ {

/// Components with fewer pixels are not counted; ignored pixels around do not change their size.
struct ComponentLimits {
  std::int64_t min_prediction_px = 0;  ///< smaller predicted components are deleted
  std::int64_t min_object_px = 0;      ///< smaller objects become ignored pixels
};

/// How the objects of images and the predicted components overlap, a number for each.
struct ComponentOverlaps {
  std::vector<double> object_siou;      ///< adjusted IoU of each object with what is predicted
  std::vector<double> prediction_siou;  ///< the same of each predicted component
  std::vector<double> prediction_ppv;   ///< the share of each predicted component on objects

  void append(const ComponentOverlaps& other);
};

/// The component overlaps of one image as SegmentMeIfYouCan defines them (Chan et al. 2021,
/// section 3.2; road-anomaly-benchmark): components are 8-connected, and a component is not blamed
/// for what other components of the same objects cover.
/// predicted: bool [H, W]; targets: uint8 [H, W] of 0, 1 (object) and 255 (ignored), on the CPU.
/// Throws std::invalid_argument for other tensors.
ComponentOverlaps component_overlaps(const at::Tensor& predicted, const at::Tensor& targets,
                                     const ComponentLimits& limits);

/// The thresholds tau on sIoU and PPV: 0.25, 0.30, …, 0.75.
inline constexpr std::array<double, 11> kComponentThresholds = {0.25, 0.3, 0.35, 0.4, 0.45, 0.5,
                                                                0.55, 0.6, 0.65, 0.7, 0.75};

struct ComponentCounts {
  std::int64_t true_positives = 0;   ///< objects with sIoU >= tau
  std::int64_t false_negatives = 0;  ///< the other objects
  std::int64_t false_positives = 0;  ///< predicted components with PPV < tau
  double f1() const;                 ///< NaN where there is nothing at all
};

/// Means are over the components of all images together, and NaN where there is none.
struct ComponentMetrics {
  std::int64_t objects = 0;
  std::int64_t predictions = 0;
  double mean_object_siou;
  double mean_prediction_siou;
  double mean_ppv;
  std::array<ComponentCounts, kComponentThresholds.size()> counts;
  double mean_f1;  ///< of the F1 at all thresholds
};
ComponentMetrics component_metrics(const ComponentOverlaps& overlaps);

}  // namespace situ
