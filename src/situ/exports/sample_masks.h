// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <vector>

#include "situ/exports/export_sample.h"
#include "situ/io/image_file.h"

namespace situ {

/// What pixels are worth in the benchmarks of anomaly segmentation.
inline constexpr uint8_t kInDistribution = 0;
inline constexpr uint8_t kAnomaly = 1;
inline constexpr uint8_t kIgnoredPixel = 255;

/// Returns uint8 [H, W]: kAnomaly on objects that are out of distribution, kIgnoredPixel where the
/// label says "no label" or names a class that is left out, kInDistribution elsewhere.
at::Tensor anomaly_map(const ExportSample& sample, const LabelSet& labels);

/// Throws DataError naming the sample unless it has a label.
const at::Tensor& label_of(const ExportSample& sample);

/// The label as uint8; throws DataError where an id is above 255.
at::Tensor byte_label_of(const ExportSample& sample);

/// 256 colors: each class's at its id, black elsewhere.
std::vector<RgbColor> palette_of(const LabelSet& labels);

/// The classes that lists of objects have: those that are counted, and those of the objects seen.
class ObjectClasses {
 public:
  explicit ObjectClasses(const LabelSet& labels);
  /// Throws DataError, naming the sample, for an object whose class the set does not have.
  void add(const ExportSample& sample);
  /// By id.
  const std::map<int64_t, LabelClass>& classes() const { return classes_; }

 private:
  const LabelSet& labels_;
  std::map<int64_t, LabelClass> classes_;
};

/// Throws DataError, naming the sample, unless masks and maps have the sample's size.
void check_sample(const ExportSample& sample);

}  // namespace situ
