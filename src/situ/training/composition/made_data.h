// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "situ/core/temporary_folder.h"
#include "situ/io/image_file.h"
#include "situ/training/composition/cutout_source.h"
#include "situ/training/composition/scene_source.h"

/// Data made by the tests of this module.
namespace situ::made {

/// A temporary folder that makes the folders below it as they are needed.
class Folder {
 public:
  /// A path below, whose folder is made.
  std::filesystem::path at(const std::string& relative) const {
    std::filesystem::path path = folder_ / relative;
    std::filesystem::create_directories(path.parent_path());
    return path;
  }
  std::filesystem::path write(const std::string& relative, const std::string& text) const {
    std::ofstream(at(relative), std::ios::binary) << text;
    return folder_ / relative;
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

/// CamVid-like: sky (0) of gray 200 above the middle row, road (3) of gray 100 below it.
inline SceneFiles half_road_scene(const Folder& folder, const std::string& name, int64_t height,
                                  int64_t width) {
  at::Tensor image = at::full({3, height, width}, 200, at::kByte);
  image.slice(1, height / 2).fill_(100);
  at::Tensor labels = at::zeros({height, width}, at::kByte);
  labels.slice(0, height / 2).fill_(3);
  const SceneFiles files{folder.at(name + ".png"), folder.at(name + "_labels.png"),
                         SceneDataset::kCamVid, 0.0};
  save_png(files.image, image);
  save_png(files.labels, labels);
  return files;
}

/// An opaque picture of one colour.
inline Cutout plain_cutout(int64_t height, int64_t width, int red, int green, int blue,
                           bool rendered) {
  at::Tensor picture = at::full({4, height, width}, 255, at::kByte);
  picture[0].fill_(red);
  picture[1].fill_(green);
  picture[2].fill_(blue);
  return {picture, "plain", rendered};
}

inline VocabularyName plain_name(const std::string& name, bool airborne = false) {
  return {.name = name, .phrases = {}, .airborne = airborne, .sources = {CutoutRecipe{}}};
}

/// The folder of real data sets, or nothing where this machine has none.
inline std::optional<std::filesystem::path> shared_data() {
  const char* set = std::getenv("SITU_SHARED_DIR");
  const std::filesystem::path folder =
      (set != nullptr ? std::filesystem::path(set)
                      : std::filesystem::path(SITU_SOURCE_DIR) / ".." / "shared") /
      "data";
  if (!std::filesystem::is_directory(folder / "emoji_3d")) return std::nullopt;
  return folder;
}

}  // namespace situ::made

#define SITU_SKIP_WITHOUT_SHARED_DATA(folder) \
  if (!folder)                                \
  GTEST_SKIP() << "no shared data: set SITU_SHARED_DIR to the folder that holds data/emoji_3d"
