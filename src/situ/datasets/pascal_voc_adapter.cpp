// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include "situ/core/errors.h"
#include "situ/datasets/adapters.h"
#include "situ/datasets/folder_listing.h"
#include "situ/datasets/paired_folders.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

/// "" where the root is a year's folder, else that of the latest year below it.
std::string year_folder(const Dataset& dataset) {
  if (has_folder(dataset, "JPEGImages")) return "";
  for (const std::string above : {"", "VOCdevkit/"}) {
    std::vector<std::string> years = subfolders(dataset.root / above);
    std::erase_if(years, [&](const std::string& year) {
      return !year.starts_with("VOC") || !has_folder(dataset, above + year + "/JPEGImages");
    });
    if (!years.empty()) return above + years.back() + "/";
  }
  throw FileError("pascal-voc: " + dataset.root.string() + " has no folder JPEGImages");
}

/// One name a line.
std::vector<std::string> names_in(const std::filesystem::path& list) {
  std::istringstream text(read_file(list));
  std::vector<std::string> names;
  std::string name;
  while (text >> name) {
    if (name.find('/') != std::string::npos || name.starts_with(".")) {
      throw DataError(list.string(), "expected a plain file name, got \"" + name + "\"");
    }
    names.push_back(name);
  }
  return names;
}

}  // namespace

// JPEGImages, SegmentationClass and SegmentationObject hold all splits; ImageSets/Segmentation says
// which image is of which.
void list_pascal_voc(Dataset& dataset, const DatasetOptions&) {
  dataset.labels_expected = dataset.split != "test";
  const std::string year = year_folder(dataset);
  const std::vector<std::string> names =
      names_in(dataset.root / (year + "ImageSets/Segmentation/" + dataset.split + ".txt"));
  PairedFolders folders;
  folders.images = year + "JPEGImages";
  folders.image_endings = {".jpg"};
  folders.labels = year + "SegmentationClass";
  folders.instances = year + "SegmentationObject";
  folders.label_ending = folders.instance_ending = ".png";
  add_paired_folders(dataset, folders);
  std::vector<std::string> wanted = names;
  std::sort(wanted.begin(), wanted.end());
  std::erase_if(dataset.samples, [&](const Sample& sample) {
    return !std::binary_search(wanted.begin(), wanted.end(), sample.id);
  });
  // Labels of other splits are no concern of this one: only the list counts.
  dataset.unmatched.clear();
  std::vector<std::string> found;
  for (const Sample& sample : dataset.samples) found.push_back(sample.id);
  std::sort(found.begin(), found.end());
  for (const std::string& name : wanted) {
    if (!std::binary_search(found.begin(), found.end(), name)) {
      dataset.unmatched.push_back(folders.images + "/" + name + ".jpg");
    }
  }
}

}  // namespace situ
