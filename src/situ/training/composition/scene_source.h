// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "situ/training/composition/location_labels.h"

namespace situ {

/// One labelled road scene on disk.
struct SceneFiles {
  std::filesystem::path image;
  std::filesystem::path labels;  // the data set's own numbers
  SceneDataset dataset = SceneDataset::kCamVid;
  double bonnet_share = 0.0;  // lowest share of the rows that shows the camera's own car
};

/// A decoded scene. image: uint8 [3, H, W]; labels: uint8 [H, W], indices into location_labels().
struct Scene {
  at::Tensor image;
  at::Tensor labels;
};

enum class SceneSplit {
  kTrain,     // CamVid train, IDD Lite train, Cityscapes frames of training cities
  kEvaluate,  // CamVid val, IDD Lite val
};

/// Road scenes with labels, read from disk at first use and kept as uint8 from then on (a quarter
/// of a mebibyte each at CamVid's size). All methods may be called from several threads.
class SceneSource {
 public:
  /// Throws std::invalid_argument when there is none.
  explicit SceneSource(std::vector<SceneFiles> scenes);
  ~SceneSource();
  SceneSource(SceneSource&&) noexcept;
  SceneSource& operator=(SceneSource&&) noexcept;

  /// The scenes of a folder with camvid/, idd_lite/ and cityscapes_mini/ (those that are there), in
  /// a fixed order. Throws FileError when there is not one.
  static SceneSource load(const std::filesystem::path& data_folder, SceneSplit split);

  int64_t size() const;
  const SceneFiles& files(int64_t index) const;
  /// Indices grouped by data set, empty groups left out.
  const std::vector<std::vector<int64_t>>& groups() const;

  /// Shared with the cache: not to be written. Throws what the file readers throw, and DataError
  /// when the label picture has another size than the image, or the scene is smaller than 64 x 64.
  const Scene& scene(int64_t index) const;
  const at::Tensor& image(int64_t index) const { return scene(index).image; }
  const at::Tensor& labels(int64_t index) const { return scene(index).labels; }
  /// bool [H, W]: road, or where the data set does not tell them apart road and pavement. A new
  /// tensor.
  at::Tensor road_mask(int64_t index) const;

 private:
  struct Slot;
  std::vector<SceneFiles> files_;
  std::vector<std::vector<int64_t>> groups_;
  std::unique_ptr<Slot[]> slots_;
};

/// True for labels on which an object may be put: those that may be road and are no more than
/// ground.
bool is_drivable(uint8_t label);

}  // namespace situ
