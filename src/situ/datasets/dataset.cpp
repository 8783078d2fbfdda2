// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/dataset.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/nearest_name.h"
#include "situ/datasets/adapters.h"
#include "situ/datasets/paired_folders.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

using List = void (*)(Dataset&, const DatasetOptions&);

struct Adapter {
  DatasetKind kind;
  List list;
};

const std::vector<Adapter>& adapters() {
  static const std::vector<Adapter> all = {
      {{"cityscapes",
        "Cityscapes, fine annotations",
        {"val", "train", "test"},
        {"cityscapes", "cityscapes-train-ids"}},
       list_cityscapes},
      {{"idd", "India Driving Dataset, level-3 ids", {"val", "train", "test"}, {"idd"}}, list_idd},
      {{"idd-lite", "IDD Lite, 7 classes", {"val", "train", "test"}, {"idd-lite"}}, list_idd_lite},
      {{"acdc",
        "ACDC: fog, night, rain and snow",
        {"val", "train", "test"},
        {"cityscapes", "cityscapes-train-ids"}},
       list_acdc},
      {{"bdd100k", "BDD100K, semantic segmentation", {"val", "train", "test"}, {"bdd100k"}},
       list_bdd100k},
      {{"pascal-voc",
        "Pascal VOC, segmentation",
        {"val", "train", "trainval", "test"},
        {"pascal-voc"}},
       list_pascal_voc},
      {{"coco",
        "COCO, instances",
        {"val2017", "train2017", "test2017", "val2014", "train2014", "test2014"},
        {"coco"}},
       list_coco},
      {{"coco-panoptic", "COCO, panoptic", {"val2017", "train2017", "test2017"}, {"coco-panoptic"}},
       list_coco_panoptic},
      {{"camvid", "CamVid", {"val", "train", "test", "all"}, {"camvid", "camvid-32"}}, list_camvid},
      {{"folder", "a folder of images, with labels or without", {}, {}}, list_image_folder},
  };
  return all;
}

const Adapter& adapter_of(std::string_view kind) {
  std::vector<std::string> names;
  for (const Adapter& adapter : adapters()) {
    if (adapter.kind.name == kind) return adapter;
    names.push_back(adapter.kind.name);
  }
  throw std::invalid_argument(unknown_name_message("kind of data set", kind, names));
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

LabelSet chosen_labels(const DatasetKind& kind, const DatasetOptions& options) {
  if (options.labels.empty()) {
    return kind.label_sets.empty() ? LabelSet() : known_label_set(kind.label_sets.front());
  }
  if (!kind.label_sets.empty() && !holds(kind.label_sets, options.labels)) {
    throw std::invalid_argument("the labels of " + kind.name + " are not those of \"" +
                                options.labels + "\" but of " + listed(kind.label_sets));
  }
  return find_label_set(options.labels);
}

void check_options(const DatasetKind& kind, const std::string& split,
                   const DatasetOptions& options) {
  if (!kind.splits.empty() && !holds(kind.splits, split)) {
    throw std::invalid_argument(kind.name + ": " +
                                unknown_name_message("split", split, kind.splits));
  }
  const bool folders = !options.image_folder.empty() || !options.label_folder.empty();
  if (folders && !kind.splits.empty()) {
    throw std::invalid_argument(kind.name +
                                " has folders of its own: naming them goes with \"folder\" only");
  }
}

}  // namespace

const std::vector<DatasetKind>& dataset_kinds() {
  static const std::vector<DatasetKind> kinds = [] {
    std::vector<DatasetKind> all;
    for (const Adapter& adapter : adapters()) all.push_back(adapter.kind);
    return all;
  }();
  return kinds;
}

const DatasetKind& dataset_kind(std::string_view name) { return adapter_of(name).kind; }

Dataset open_dataset(std::string_view kind, const std::filesystem::path& root,
                     const std::string& split, const DatasetOptions& options) {
  const Adapter& adapter = adapter_of(kind);
  check_options(adapter.kind, split, options);
  std::error_code ignored;
  if (!std::filesystem::is_directory(root, ignored)) {
    throw FileError("the data set " + root.string() + " is no folder");
  }
  Dataset dataset;
  dataset.kind = kind;
  dataset.split = split;
  dataset.root = root;
  dataset.labels = chosen_labels(adapter.kind, options);
  adapter.list(dataset, options);
  finish_listing(dataset);
  return dataset;
}

const Sample& sample_of(const Dataset& dataset, std::string_view id) {
  const auto found =
      std::lower_bound(dataset.samples.begin(), dataset.samples.end(), id,
                       [](const Sample& one, std::string_view wanted) { return one.id < wanted; });
  if (found != dataset.samples.end() && found->id == id) return *found;
  std::vector<std::string> ids;
  for (const Sample& sample : dataset.samples) ids.push_back(sample.id);
  throw std::invalid_argument(unknown_name_message("image", id, ids));
}

const Attributes& attributes_of(const Dataset& dataset, const Sample& sample) {
  return dataset.groups.at(sample.group);
}

std::filesystem::path image_path(const Dataset& dataset, const Sample& sample) {
  return dataset.root / sample.image;
}

at::Tensor read_image(const Dataset& dataset, const Sample& sample) {
  return load_image(image_path(dataset, sample));
}

std::string existing_folder(const Dataset& dataset, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (has_folder(dataset, folder)) return folder;
  }
  throw FileError(dataset.kind + ": " + dataset.root.string() + " has no folder " +
                  listed(folders));
}

bool has_folder(const Dataset& dataset, const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::is_directory(dataset.root / folder, ignored);
}

}  // namespace situ
