// SPDX-License-Identifier: Apache-2.0
#include "situ/core/errors.h"
#include "situ/datasets/adapters.h"
#include "situ/datasets/folder_listing.h"
#include "situ/datasets/paired_folders.h"

namespace situ {
namespace {

bool has_train_ids(const Dataset& dataset) {
  return dataset.labels.name() == "cityscapes-train-ids";
}

}  // namespace

// leftImg8bit/<split>/<city>/<frame>_leftImg8bit.png beside
// gtFine/<split>/<city>/<frame>_gtFine_*.png
void list_cityscapes(Dataset& dataset, const DatasetOptions&) {
  dataset.labels_expected = dataset.split != "test";  // those that are there are dummies
  const std::string images = existing_folder(dataset, {"leftImg8bit/" + dataset.split});
  PairedFolders folders;
  folders.images = images;
  folders.image_endings = {"_leftImg8bit.png"};
  folders.labels = folders.instances = "gtFine/" + dataset.split;
  folders.label_ending =
      has_train_ids(dataset) ? "_gtFine_labelTrainIds.png" : "_gtFine_labelIds.png";
  folders.instance_ending = "_gtFine_instanceIds.png";
  folders.group_attribute = "city";
  add_paired_folders(dataset, folders);
}

// As Cityscapes; part II of the release has JPEG images. Labels are made from the outlines with the
// authors' tool, "--id-type level3Id".
void list_idd(Dataset& dataset, const DatasetOptions&) {
  dataset.labels_expected = dataset.split != "test";
  PairedFolders folders;
  folders.images = existing_folder(dataset, {"leftImg8bit/" + dataset.split});
  folders.image_endings = {"_leftImg8bit.png", "_leftImg8bit.jpg"};
  folders.labels = folders.instances = "gtFine/" + dataset.split;
  folders.label_ending = "_gtFine_labellevel3Ids.png";
  folders.instance_ending = "_gtFine_instancelevel3Ids.png";
  folders.group_attribute = "sequence";
  add_paired_folders(dataset, folders);
}

void list_idd_lite(Dataset& dataset, const DatasetOptions&) {
  dataset.labels_expected = dataset.split != "test";
  PairedFolders folders;
  folders.images = existing_folder(dataset, {"leftImg8bit/" + dataset.split});
  folders.image_endings = {"_image.jpg", "_image.png"};
  folders.labels = folders.instances = "gtFine/" + dataset.split;
  folders.label_ending = "_label.png";
  folders.instance_ending = "_inst_label.png";
  folders.group_attribute = "sequence";
  add_paired_folders(dataset, folders);
}

// rgb_anon/<condition>/<split>/<recording>/<frame>_rgb_anon.png beside gt/…/<frame>_gt_*.png, below
// the names of the two archives or not.
void list_acdc(Dataset& dataset, const DatasetOptions&) {
  dataset.labels_expected = dataset.split != "test";
  const std::string images =
      existing_folder(dataset, {"rgb_anon_trainvaltest/rgb_anon", "rgb_anon"});
  const std::string labels = has_folder(dataset, "gt_trainval/gt") ? "gt_trainval/gt" : "gt";
  for (const std::string& condition : list_folder(dataset.root / images).folders) {
    const std::string below = "/" + condition + "/" + dataset.split;
    if (!has_folder(dataset, images + below)) continue;
    PairedFolders folders;
    folders.images = images + below;
    folders.image_endings = {"_rgb_anon.png"};
    folders.labels = labels + below;
    folders.label_ending = has_train_ids(dataset) ? "_gt_labelTrainIds.png" : "_gt_labelIds.png";
    folders.attributes = {{"condition", condition}};
    folders.group_attribute = "recording";
    folders.id_prefix = condition + "/";
    add_paired_folders(dataset, folders);
  }
}

// images/10k/<split>/<name>.jpg with labels/sem_seg/masks/<split>/<name>.png, or the first
// release's seg/images/<split>/<name>.jpg with seg/labels/<split>/<name>_train_id.png.
void list_bdd100k(Dataset& dataset, const DatasetOptions&) {
  dataset.labels_expected = dataset.split != "test";
  PairedFolders folders;
  folders.images = existing_folder(
      dataset, {"images/10k/" + dataset.split, "bdd100k/images/10k/" + dataset.split,
                "seg/images/" + dataset.split, "bdd100k/seg/images/" + dataset.split});
  const bool first_release = folders.images.find("seg/images/") != std::string::npos;
  const std::string above = folders.images.starts_with("bdd100k/") ? "bdd100k/" : "";
  folders.image_endings = {".jpg"};
  folders.labels =
      above + (first_release ? "seg/labels/" : "labels/sem_seg/masks/") + dataset.split;
  folders.label_ending = first_release ? "_train_id.png" : ".png";
  add_paired_folders(dataset, folders);
}

}  // namespace situ
