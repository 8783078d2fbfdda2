// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "situ/datasets/adapters.h"
#include "situ/datasets/paired_folders.h"

namespace situ {

void list_image_folder(Dataset& dataset, const DatasetOptions& options) {
  const std::string below = dataset.split.empty() ? "" : dataset.split + "/";
  PairedFolders folders;
  if (!options.image_folder.empty()) {
    folders.images = existing_folder(dataset, {below + options.image_folder});
  } else {
    folders.images = has_folder(dataset, below + "images") ? below + "images" : dataset.split;
  }
  folders.image_endings = kImageEndings;
  if (!options.label_folder.empty()) {
    folders.labels = existing_folder(dataset, {below + options.label_folder});
  } else if (has_folder(dataset, below + "labels")) {
    folders.labels = below + "labels";
  }
  dataset.labels_expected = !folders.labels.empty();
  if (dataset.labels_expected) {
    if (options.labels.empty()) {
      throw std::invalid_argument("folder: " + (dataset.root / folders.labels).string() +
                                  " holds labels: say which label set they are of");
    }
    folders.label_ending = ".png";
  }
  add_paired_folders(dataset, folders);
}

}  // namespace situ
