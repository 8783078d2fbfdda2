// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/scene_source.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <stdexcept>
#include <string>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMinSidePx = 64;
// Rows of the camera's own car, measured on the pictures: Cityscapes shows it in every frame.
constexpr double kCityscapesBonnetShare = 0.17;
constexpr double kIddBonnetShare = 0.06;
constexpr double kCamVidBonnetShare = 0.04;
// The cities of Cityscapes' validation part.
constexpr std::array<std::string_view, 3> kValidationCities = {"frankfurt", "lindau", "munster"};

std::vector<fs::path> files_below(const fs::path& folder, std::string_view ending) {
  std::vector<fs::path> found;
  std::error_code ignored;  // a folder that is not there has no files
  for (fs::recursive_directory_iterator it(folder, ignored), end; it != end;
       it.increment(ignored)) {
    if (it->path().filename().string().ends_with(ending)) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void add_camvid(const fs::path& folder, std::vector<SceneFiles>& scenes) {
  for (const fs::path& image : files_below(folder / "images", ".jpg")) {
    const fs::path labels = folder / "labels" / image.filename().replace_extension(".png");
    if (fs::exists(labels))
      scenes.push_back({image, labels, SceneDataset::kCamVid, kCamVidBonnetShare});
  }
}

void add_idd(const fs::path& folder, const std::string& split, std::vector<SceneFiles>& scenes) {
  const std::string ending = "_image.jpg";
  for (const fs::path& image : files_below(folder / "leftImg8bit" / split, ending)) {
    std::string frame = image.filename().string();
    frame.resize(frame.size() - ending.size());
    const fs::path labels =
        folder / "gtFine" / split / image.parent_path().filename() / (frame + "_label.png");
    if (fs::exists(labels))
      scenes.push_back({image, labels, SceneDataset::kIddLite, kIddBonnetShare});
  }
}

void add_cityscapes(const fs::path& folder, std::vector<SceneFiles>& scenes) {
  for (const fs::path& image : files_below(folder / "images", ".png")) {
    const std::string name = image.filename().string();
    const bool validation =
        std::any_of(kValidationCities.begin(), kValidationCities.end(),
                    [&](std::string_view city) { return name.starts_with(city); });
    const fs::path labels = folder / "category8" / name;
    if (!validation && fs::exists(labels)) {
      scenes.push_back(
          {image, labels, SceneDataset::kCityscapesCategories, kCityscapesBonnetShare});
    }
  }
}

}  // namespace

struct SceneSource::Slot {
  std::once_flag once;
  Scene scene;
};

SceneSource::SceneSource(std::vector<SceneFiles> scenes) : files_(std::move(scenes)) {
  if (files_.empty())
    throw std::invalid_argument("SceneSource: expected at least one scene, got none");
  for (const SceneDataset dataset :
       {SceneDataset::kCamVid, SceneDataset::kIddLite, SceneDataset::kCityscapesCategories}) {
    std::vector<int64_t> group;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (files_[i].dataset == dataset) group.push_back(static_cast<int64_t>(i));
    }
    if (!group.empty()) groups_.push_back(std::move(group));
  }
  slots_ = std::make_unique<Slot[]>(files_.size());
}

SceneSource::~SceneSource() = default;
SceneSource::SceneSource(SceneSource&&) noexcept = default;
SceneSource& SceneSource::operator=(SceneSource&&) noexcept = default;

SceneSource SceneSource::load(const fs::path& data_folder, SceneSplit split) {
  const std::string part = split == SceneSplit::kTrain ? "train" : "val";
  std::vector<SceneFiles> scenes;
  add_camvid(data_folder / "camvid" / part, scenes);
  add_idd(data_folder / "idd_lite", part, scenes);
  if (split == SceneSplit::kTrain)
    add_cityscapes(data_folder / "cityscapes_mini" / "small_512x256", scenes);
  if (scenes.empty()) {
    throw FileError("SceneSource: no road scene below " + data_folder.string() +
                    " (expected camvid/, idd_lite/ or cityscapes_mini/)");
  }
  return SceneSource(std::move(scenes));
}

int64_t SceneSource::size() const { return static_cast<int64_t>(files_.size()); }

const SceneFiles& SceneSource::files(int64_t index) const {
  return files_.at(static_cast<std::size_t>(index));
}

const std::vector<std::vector<int64_t>>& SceneSource::groups() const { return groups_; }

const Scene& SceneSource::scene(int64_t index) const {
  const SceneFiles& files = this->files(index);
  Slot& slot = slots_[static_cast<std::size_t>(index)];
  std::call_once(slot.once, [&] {
    Scene scene{load_image(files.image), load_labels(files.labels)};
    if (scene.labels.scalar_type() != at::kByte || scene.labels.size(0) != scene.image.size(1) ||
        scene.labels.size(1) != scene.image.size(2)) {
      throw DataError(files.labels.string(), "expected 8-bit labels of the image's size " +
                                                 shape_text(scene.image) + ", got " +
                                                 shape_text(scene.labels));
    }
    if (scene.labels.size(0) < kMinSidePx || scene.labels.size(1) < kMinSidePx) {
      throw DataError(files.image.string(),
                      "expected a scene of 64 x 64 or more, got " + shape_text(scene.image));
    }
    std::array<uint8_t, 256> table{};
    for (int own = 0; own < 256; ++own) {
      table[static_cast<std::size_t>(own)] = common_label(files.dataset, static_cast<uint8_t>(own));
    }
    scene.labels = scene.labels.contiguous();
    uint8_t* labels = scene.labels.data_ptr<uint8_t>();
    for (int64_t i = 0; i < scene.labels.numel(); ++i) labels[i] = table[labels[i]];
    slot.scene = std::move(scene);
  });
  return slot.scene;
}

at::Tensor SceneSource::road_mask(int64_t index) const {
  const at::Tensor& labels = this->labels(index);
  at::Tensor mask = at::empty(labels.sizes(), at::kBool);
  const uint8_t* from = labels.data_ptr<uint8_t>();
  bool* to = mask.data_ptr<bool>();
  for (int64_t i = 0; i < labels.numel(); ++i) to[i] = is_drivable(from[i]);
  return mask;
}

bool is_drivable(uint8_t label) {
  const auto labels = location_labels();
  if (label >= labels.size() || !labels[label].may_be(Location::kRoad)) return false;
  for (int64_t i = 0; i < kLocationCount; ++i) {
    const auto location = static_cast<Location>(i);
    if (location != Location::kRoad && location != Location::kPavement &&
        labels[label].may_be(location)) {
      return false;
    }
  }
  return true;
}

}  // namespace situ
