// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/coco_annotations.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_map>

#include "situ/core/errors.h"
#include "situ/datasets/label_set.h"
#include "situ/imaging/polygon.h"
#include "situ/io/decoded_image.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

using nlohmann::json;

/// Reads the fields of one entry and says which is at fault.
class Entry {
 public:
  Entry(const json& value, std::string where, const std::string& file)
      : value_(value), where_(std::move(where)), file_(file) {
    if (!value.is_object()) fail("expected an object");
  }

  int64_t whole(const char* key) const {
    const json& value = field(key);
    if (!value.is_number_integer()) fail(std::string(key) + ": expected a whole number");
    return value.get<int64_t>();
  }
  std::string text(const char* key) const {
    const json& value = field(key);
    if (!value.is_string()) fail(std::string(key) + ": expected text");
    return value.get<std::string>();
  }
  /// "iscrowd" is 0 or 1, or missing.
  bool flag(const char* key) const { return value_.contains(key) && whole(key) != 0; }
  const json& field(const char* key) const {
    const auto found = value_.find(key);
    if (found == value_.end()) fail(std::string(key) + " is missing");
    return *found;
  }
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(file_, where_ + ": " + reason);
  }

 private:
  const json& value_;
  std::string where_;
  const std::string& file_;
};

const json& list_of(const json& document, const char* key, const std::string& file) {
  const auto found = document.find(key);
  if (found == document.end() || !found->is_array()) {
    throw DataError(file, std::string("expected a list \"") + key + "\"");
  }
  return *found;
}

std::string stem_of(const std::string& file_name) {
  return std::filesystem::path(file_name).stem().string();
}

/// Within what a label picture can hold, so that a check of ids can name it.
int64_t category_of(const Entry& entry) {
  const int64_t id = entry.whole("category_id");
  if (id < 0 || id > kHighestLabelId) entry.fail("category_id: " + std::to_string(id));
  return id;
}

/// A name that leads out of the data set's folders is refused.
std::string plain_file_name(const Entry& entry, const char* key) {
  const std::string name = entry.text(key);
  if (name.empty() || name.find('/') != std::string::npos || name == "..") {
    entry.fail(std::string(key) + ": expected a plain file name, got \"" + name + "\"");
  }
  return name;
}

RunLength runs_of(const Entry& annotation, const json& segmentation, const CocoImage& image) {
  const auto counts = segmentation.find("counts");
  if (counts == segmentation.end()) annotation.fail("segmentation: counts are missing");
  RunLength runs{.height = image.height, .width = image.width, .counts = {}};
  if (counts->is_string()) {
    return run_length_from_text(counts->get_ref<const std::string&>(), image.height, image.width);
  }
  if (!counts->is_array()) annotation.fail("segmentation: counts: expected text or a list");
  for (const json& count : *counts) {
    if (!count.is_number_unsigned() || count.get<uint64_t>() > uint64_t{kMaxRunLengthPixels}) {
      annotation.fail("segmentation: counts: expected whole numbers of pixels");
    }
    runs.counts.push_back(count.get<uint32_t>());
  }
  return runs;
}

std::vector<std::vector<double>> polygons_of(const Entry& annotation, const json& segmentation) {
  std::vector<std::vector<double>> polygons;
  for (const json& polygon : segmentation) {
    if (!polygon.is_array()) annotation.fail("segmentation: expected a list of outlines");
    std::vector<double>& corners = polygons.emplace_back();
    for (const json& number : polygon) {
      if (!number.is_number()) annotation.fail("segmentation: expected numbers");
      corners.push_back(number.get<double>());
    }
  }
  return polygons;
}

CocoSegment instance_of(const Entry& annotation, const CocoImage& image) {
  CocoSegment segment{.id = annotation.whole("id"),
                      .category_id = category_of(annotation),
                      .crowd = annotation.flag("iscrowd"),
                      .polygons = {},
                      .runs = {}};
  const json& segmentation = annotation.field("segmentation");
  if (segmentation.is_object()) {
    segment.runs = runs_of(annotation, segmentation, image);
  } else if (segmentation.is_array()) {
    segment.polygons = polygons_of(annotation, segmentation);
  } else {
    annotation.fail("segmentation: expected outlines or runs");
  }
  return segment;
}

/// Throws DataError naming `where` for outlines or runs that are none of the image's.
at::Tensor mask_of(const CocoSegment& segment, const CocoImage& image,
                   const std::string& where) try {
  if (segment.polygons.empty() && !segment.runs.counts.empty()) {
    return run_length_decode(segment.runs);
  }
  at::Tensor mask = at::zeros({image.height, image.width}, at::kBool);
  for (const std::vector<double>& corners : segment.polygons) {
    mask.logical_or_(run_length_decode(polygon_run_length(corners, image.height, image.width)));
  }
  return mask;
} catch (const DataError& error) {
  throw DataError(where, "annotation " + std::to_string(segment.id) + ": " + error.what());
}

}  // namespace

CocoAnnotations::CocoAnnotations(const std::filesystem::path& path, bool panoptic)
    : file_(path.string()), panoptic_(panoptic) {
  const json document = load_json(path);
  std::unordered_map<int64_t, CocoImage*> by_id;
  std::size_t place = 0;
  for (const json& value : list_of(document, "images", file_)) {
    const Entry entry(value, "images[" + std::to_string(place++) + "]", file_);
    CocoImage image;
    image.file_name = plain_file_name(entry, "file_name");
    image.height = entry.whole("height");
    image.width = entry.whole("width");
    check_image_size(file_ + ": image " + image.file_name, image.height, image.width);
    const auto [at, is_new] = images_.emplace(stem_of(image.file_name), std::move(image));
    if (!is_new || !by_id.emplace(entry.whole("id"), &at->second).second) {
      entry.fail("the image stands twice");
    }
  }
  place = 0;
  for (const json& value : list_of(document, "annotations", file_)) {
    const Entry entry(value, "annotations[" + std::to_string(place++) + "]", file_);
    const auto image = by_id.find(entry.whole("image_id"));
    if (image == by_id.end()) entry.fail("there is no image of its image_id");
    if (!panoptic) {
      image->second->segments.push_back(instance_of(entry, *image->second));
      continue;
    }
    if (!image->second->segment_picture.empty()) entry.fail("the image has two annotations");
    image->second->segment_picture = plain_file_name(entry, "file_name");
    for (const json& info : entry.field("segments_info")) {
      const Entry segment(info, "annotations[" + std::to_string(place - 1) + "].segments_info",
                          file_);
      image->second->segments.push_back({.id = segment.whole("id"),
                                         .category_id = category_of(segment),
                                         .crowd = segment.flag("iscrowd"),
                                         .polygons = {},
                                         .runs = {}});
    }
  }
}

at::Tensor CocoAnnotations::class_ids(const std::string& id, const std::string& picture) const {
  return painted(id, picture, Paint::kCategory);
}

at::Tensor CocoAnnotations::instance_numbers(const std::string& id,
                                             const std::string& picture) const {
  return painted(id, picture, Paint::kPlace);
}

at::Tensor CocoAnnotations::painted(const std::string& id, const std::string& picture,
                                    Paint paint) const {
  const auto found = images_.find(id);
  if (found == images_.end()) throw std::invalid_argument(file_ + " has no image " + id);
  const CocoImage& image = found->second;
  const auto value = [&](std::size_t place) {
    return paint == Paint::kPlace ? static_cast<int64_t>(place) + 1
                                  : image.segments[place].category_id;
  };
  if (!panoptic_) {
    at::Tensor out = at::zeros({image.height, image.width}, at::kInt);
    for (const bool crowds : {true, false}) {
      for (std::size_t place = 0; place < image.segments.size(); ++place) {
        if (image.segments[place].crowd != crowds) continue;
        out.masked_fill_(mask_of(image.segments[place], image, file_), value(place));
      }
    }
    return out;
  }
  std::unordered_map<int32_t, int32_t> value_of{{0, 0}};
  for (std::size_t place = 0; place < image.segments.size(); ++place) {
    value_of.emplace(static_cast<int32_t>(image.segments[place].id),
                     static_cast<int32_t>(value(place)));
  }
  const at::Tensor colors = load_image(picture).to(at::kInt);
  at::Tensor ids = (colors[0] + colors[1] * 256 + colors[2] * 65536).contiguous();
  auto* const pixels = ids.mutable_data_ptr<int32_t>();
  for (int64_t i = 0; i < ids.numel(); ++i) {
    const auto known = value_of.find(pixels[i]);
    if (known == value_of.end()) {
      throw DataError(picture, "the segment " + std::to_string(pixels[i]) + " is not in " + file_);
    }
    pixels[i] = known->second;
  }
  return ids;
}

}  // namespace situ
