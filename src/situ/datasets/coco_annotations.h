// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "situ/imaging/run_length.h"

namespace situ {

/// What COCO's JSON says of one object or region of an image.
struct CocoSegment {
  int64_t id = 0;  // of panoptic pictures: the number that the color stands for
  int64_t category_id = 0;
  bool crowd = false;
  std::vector<std::vector<double>> polygons;  // of instances: outlines …
  RunLength runs;                             // … or this, where there are none
};

struct CocoImage {
  std::string file_name;
  std::string segment_picture;  // panoptic: its file name, empty where there is no annotation
  int64_t height = 0;
  int64_t width = 0;
  std::vector<CocoSegment> segments;
};

/// The annotations of one JSON file of COCO, in memory.
class CocoAnnotations {
 public:
  /// Reads "instances_*.json" or "panoptic_*.json". Throws FileError, and DataError with the entry
  /// at fault for anything that is not such a file.
  CocoAnnotations(const std::filesystem::path& path, bool panoptic);

  /// By the image's file name without its ending.
  const std::map<std::string, CocoImage>& images() const { return images_; }

  /// Returns the category of each pixel, int32 [H, W], 0 where there is none. Of instances the
  /// later in the file covers the earlier, and every object covers a crowd. segment_picture: the
  /// panoptic file. Throws DataError, also for a color without a segment.
  at::Tensor class_ids(const std::string& id, const std::string& segment_picture) const;
  /// The same with the place of the segment among the image's, from 1.
  at::Tensor instance_numbers(const std::string& id, const std::string& segment_picture) const;

 private:
  enum class Paint { kCategory, kPlace };
  at::Tensor painted(const std::string& id, const std::string& picture, Paint paint) const;

  std::string file_;
  bool panoptic_ = false;
  std::map<std::string, CocoImage> images_;
};

}  // namespace situ
