// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "situ/datasets/label_set.h"

namespace situ {

/// What samples of one folder have in common: "city", "sequence", "condition", …
using Attributes = std::map<std::string, std::string>;

/// One image of a data set. Paths are relative to the data set's root, with "/", and empty where
/// there is no such file; they are text because a listing of a million is kept in memory.
struct Sample {
  std::string id;  // unique: the image's path below the split, without the ending of its name
  std::string image;
  std::string label;
  std::string instances;
  uint32_t group = 0;  // index into Dataset::groups
};

/// How a data set stores its labels.
enum class LabelFormat {
  kIds,        // a picture of ids: gray, or indices of a palette
  kColors,     // a picture of the classes' colors
  kPanoptic,   // COCO: a picture of segment ids (R + 256 G + 65536 B), and their classes in JSON
  kInstances,  // COCO: outlines and runs in JSON
};

class CocoAnnotations;

struct Dataset {
  std::string kind;
  std::string split;
  std::filesystem::path root;
  LabelSet labels;
  LabelFormat format = LabelFormat::kIds;
  std::vector<Sample> samples;     // by id, ascending
  std::vector<Attributes> groups;  // at least one where there are samples
  bool labels_expected = true;     // false for splits whose labels are not published
  std::vector<std::string>
      unmatched;  // what there is no image for: labels, names in a split's list
  std::shared_ptr<const CocoAnnotations> annotations;  // for kPanoptic and kInstances
};

struct DatasetOptions {
  /// The label set, where the kind has several ("cityscapes-train-ids"), or any for "folder": a
  /// name or a file. Empty: the kind's first.
  std::string labels = {};
  /// For "folder": the sub-folders of images and labels. Empty: "images" and "labels" where they
  /// are, else the root and no labels.
  std::string image_folder = {};
  std::string label_folder = {};
};

/// Lists a data set: one scan of each folder, no file is opened but lists and JSON. Throws
/// std::invalid_argument for an unknown kind, split or label set (with the nearest), FileError for
/// a folder or list that is not there, DataError for a malformed one or when there is no image.
Dataset open_dataset(std::string_view kind, const std::filesystem::path& root,
                     const std::string& split, const DatasetOptions& options = {});

/// A layout of folders that situ reads.
struct DatasetKind {
  std::string name;
  std::string title;
  std::vector<std::string> splits;      // the first is the default; empty: whatever there is
  std::vector<std::string> label_sets;  // the first is the default; empty: any
};
const std::vector<DatasetKind>& dataset_kinds();
/// Throws std::invalid_argument with the nearest names.
const DatasetKind& dataset_kind(std::string_view name);

/// Throws std::invalid_argument with the nearest ids.
const Sample& sample_of(const Dataset& dataset, std::string_view id);
const Attributes& attributes_of(const Dataset& dataset, const Sample& sample);
std::filesystem::path image_path(const Dataset& dataset, const Sample& sample);

/// Returns RGB uint8 [3, H, W]. Throws as load_image does.
at::Tensor read_image(const Dataset& dataset, const Sample& sample);

/// Returns the label ids, uint8 [H, W] (int32 where an id is above 255), in the id space of
/// dataset.labels. Throws DataError for ids or colors that the set does not have,
/// std::invalid_argument for a sample without a label, and as load_labels does.
at::Tensor read_label(const Dataset& dataset, const Sample& sample);

/// The same without a look at the ids, for a report on what is wrong with them.
at::Tensor read_unchecked_label(const Dataset& dataset, const Sample& sample);

/// Returns the instance numbers as the data set stores them, uint8 or int32 [H, W]: Cityscapes and
/// IDD write class id * 1000 + number, Pascal VOC the number of the object; of COCO the place of
/// the segment among the image's own, from 1. Throws as read_label does.
at::Tensor read_instances(const Dataset& dataset, const Sample& sample);

}  // namespace situ
