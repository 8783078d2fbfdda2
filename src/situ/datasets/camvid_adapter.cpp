// SPDX-License-Identifier: Apache-2.0
#include "situ/core/errors.h"
#include "situ/datasets/adapters.h"
#include "situ/datasets/paired_folders.h"

namespace situ {
namespace {

struct Layout {
  std::string images;
  std::string labels;
  std::string label_ending;
  bool colors = false;  // all 32 classes by their colors, else ids of the 11
};

/// The layouts in which CamVid goes round, most particular first.
std::vector<Layout> layouts(const std::string& split) {
  if (split == "all") {  // the authors' archives, which have no splits
    return {{"701_StillsRaw_full", "LabeledApproved_full", "_L.png", true},
            {"images", "labels", "_L.png", true}};
  }
  return {{split + "/images", split + "/labels", ".png"},
          {split, split + "annot", ".png"},  // the SegNet tutorial
          {split, split + "_labels", "_L.png", true},
          {"images/" + split, "labels/" + split, ".png"}};
}

}  // namespace

void list_camvid(Dataset& dataset, const DatasetOptions& options) {
  std::string tried;
  for (const Layout& layout : layouts(dataset.split)) {
    tried += (tried.empty() ? "" : ", ") + layout.images + " with " + layout.labels;
    if (!has_folder(dataset, layout.images) || !has_folder(dataset, layout.labels)) continue;
    const LabelSet& stored = known_label_set(layout.colors ? "camvid-32" : "camvid");
    if (!options.labels.empty() && options.labels != stored.name()) {
      throw DataError(dataset.root.string(),
                      "its labels are those of " + stored.name() + ", not of " + options.labels);
    }
    dataset.labels = stored;
    dataset.format = layout.colors ? LabelFormat::kColors : LabelFormat::kIds;
    PairedFolders folders;
    folders.images = layout.images;
    folders.image_endings = kImageEndings;
    folders.labels = layout.labels;
    folders.label_ending = layout.label_ending;
    add_paired_folders(dataset, folders);
    return;
  }
  throw FileError("camvid: " + dataset.root.string() + " has no folders " + tried);
}

}  // namespace situ
