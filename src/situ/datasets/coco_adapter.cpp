// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "situ/core/errors.h"
#include "situ/datasets/adapters.h"
#include "situ/datasets/coco_annotations.h"
#include "situ/datasets/folder_listing.h"

namespace situ {
namespace {

/// The first of the files that is there, relative to the root.
std::optional<std::string> existing_file(const Dataset& dataset,
                                         const std::vector<std::string>& files) {
  std::error_code ignored;
  for (const std::string& file : files) {
    if (std::filesystem::is_regular_file(dataset.root / file, ignored)) return file;
  }
  return std::nullopt;
}

std::string annotation_file(const Dataset& dataset, const std::string& task) {
  const std::string name = task + "_" + dataset.split + ".json";
  const std::vector<std::string> places = {"annotations/" + name,
                                           task + "_segmentation/annotations/" + name, name};
  if (const auto file = existing_file(dataset, places)) return *file;
  throw FileError(dataset.kind + ": " + dataset.root.string() + " has no annotations/" + name);
}

std::string image_folder(const Dataset& dataset) {
  return existing_folder(dataset, {dataset.split, "images/" + dataset.split});
}

/// Splits without published annotations: every image of the folder.
void list_images_alone(Dataset& dataset) {
  dataset.labels_expected = false;
  const std::string images = image_folder(dataset);
  for (const std::string& file : list_folder(dataset.root / images).files) {
    if (!file.ends_with(".jpg")) continue;
    Sample sample;
    sample.id = std::filesystem::path(file).stem().string();
    sample.image = images + "/" + file;
    dataset.samples.push_back(std::move(sample));
  }
}

/// An image without objects is one with an empty label; of panoptic ones, one without a picture has
/// none.
void list_annotated(Dataset& dataset, const std::string& json, const std::string& pictures) {
  const std::string images = image_folder(dataset);
  const std::vector<std::string> files = list_folder(dataset.root / images).files;
  const std::vector<std::string> segment_files =
      pictures.empty() ? std::vector<std::string>() : list_folder(dataset.root / pictures).files;
  const auto holds = [](const std::vector<std::string>& sorted, const std::string& name) {
    return std::binary_search(sorted.begin(), sorted.end(), name);
  };
  for (const auto& [id, image] : dataset.annotations->images()) {
    if (!holds(files, image.file_name)) {
      dataset.unmatched.push_back(images + "/" + image.file_name);
      continue;
    }
    Sample sample;
    sample.id = id;
    sample.image = images + "/" + image.file_name;
    if (pictures.empty()) {
      sample.label = sample.instances = json;
    } else if (!image.segment_picture.empty() && holds(segment_files, image.segment_picture)) {
      sample.label = sample.instances = pictures + "/" + image.segment_picture;
    }
    dataset.samples.push_back(std::move(sample));
  }
}

void list_split(Dataset& dataset, bool panoptic) {
  dataset.groups.emplace_back();
  dataset.format = panoptic ? LabelFormat::kPanoptic : LabelFormat::kInstances;
  if (dataset.split.starts_with("test")) {
    list_images_alone(dataset);
    return;
  }
  const std::string json = annotation_file(dataset, panoptic ? "panoptic" : "instances");
  dataset.annotations = std::make_shared<const CocoAnnotations>(dataset.root / json, panoptic);
  std::string pictures;
  if (panoptic) {
    const std::string beside = json.substr(0, json.size() - std::string(".json").size());
    pictures = existing_folder(dataset, {beside, "panoptic_" + dataset.split});
  }
  list_annotated(dataset, json, pictures);
}

}  // namespace

void list_coco(Dataset& dataset, const DatasetOptions&) { list_split(dataset, false); }

void list_coco_panoptic(Dataset& dataset, const DatasetOptions&) { list_split(dataset, true); }

}  // namespace situ
