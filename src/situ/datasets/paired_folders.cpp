// SPDX-License-Identifier: Apache-2.0
#include "situ/datasets/paired_folders.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "situ/core/errors.h"
#include "situ/datasets/folder_listing.h"

namespace situ {
namespace {

std::string joined(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return name.empty() ? folder : folder + "/" + name;
}

/// The name without the first of the endings that it has; nothing where it has none.
std::optional<std::string> stem_of(const std::string& name,
                                   const std::vector<std::string>& endings) {
  for (const std::string& ending : endings) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return name.substr(0, name.size() - ending.size());
    }
  }
  return std::nullopt;
}

std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) return {};
  return list_folder(folder).files;
}

bool holds(const std::vector<std::string>& sorted, const std::string& name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

/// Pairs the files of one folder of images with those of one of labels.
class FolderPairing {
 public:
  FolderPairing(Dataset& dataset, const PairedFolders& folders, const std::string& group)
      : dataset_(dataset), folders_(folders) {
    images_ = joined(folders.images, group);
    prefix_ = folders.id_prefix + (group.empty() ? "" : group + "/");
    if (!folders.label_ending.empty()) {
      labels_ = joined(folders.labels, group);
      label_files_ = files_in(dataset.root / labels_);
    }
    if (!folders.instance_ending.empty()) {
      instances_ = joined(folders.instances, group);
      instance_files_ = instances_ == labels_ ? label_files_ : files_in(dataset.root / instances_);
    }
    Attributes attributes = folders.attributes;
    if (!group.empty()) attributes[folders.group_attribute] = group;
    dataset.groups.push_back(std::move(attributes));
  }

  void add() {
    const std::vector<std::string> files = list_folder(dataset_.root / images_).files;
    dataset_.samples.reserve(dataset_.samples.size() + files.size());
    has_image_.resize(label_files_.size());
    for (const std::string& file : files) {
      if (const auto stem = stem_of(file, folders_.image_endings)) add_sample(file, *stem);
    }
    for (std::size_t i = 0; i < label_files_.size(); ++i) {
      const std::string& file = label_files_[i];
      if (has_image_[i] || is_instance_map(file) || !file.ends_with(folders_.label_ending))
        continue;
      dataset_.unmatched.push_back(joined(labels_, file));
    }
  }

 private:
  /// "a_inst_label.png" ends as labels do, but is none.
  bool is_instance_map(const std::string& file) const {
    return folders_.instance_ending.size() > folders_.label_ending.size() &&
           file.ends_with(folders_.instance_ending);
  }

  void add_sample(const std::string& file, const std::string& stem) {
    Sample sample;
    sample.id = prefix_ + stem;
    sample.image = joined(images_, file);
    const std::string label = stem + folders_.label_ending;
    const auto found = std::lower_bound(label_files_.begin(), label_files_.end(), label);
    if (found != label_files_.end() && *found == label) {
      sample.label = joined(labels_, label);
      has_image_[static_cast<std::size_t>(found - label_files_.begin())] = true;
    }
    const std::string instance = stem + folders_.instance_ending;
    if (holds(instance_files_, instance)) sample.instances = joined(instances_, instance);
    sample.group = static_cast<uint32_t>(dataset_.groups.size() - 1);
    dataset_.samples.push_back(std::move(sample));
  }

  Dataset& dataset_;
  const PairedFolders& folders_;
  std::string images_;
  std::string labels_;
  std::string instances_;
  std::string prefix_;
  std::vector<std::string> label_files_;
  std::vector<bool> has_image_;  // by label file
  std::vector<std::string> instance_files_;
};

}  // namespace

void add_paired_folders(Dataset& dataset, const PairedFolders& folders) {
  if (folders.group_attribute.empty()) {
    FolderPairing(dataset, folders, "").add();
    return;
  }
  const std::vector<std::string> groups = list_folder(dataset.root / folders.images).folders;
  for (const std::string& group : groups) FolderPairing(dataset, folders, group).add();
  for (const std::string& group : subfolders(dataset.root / folders.labels)) {
    if (folders.label_ending.empty() || holds(groups, group)) continue;
    const std::string folder = joined(folders.labels, group);
    for (const std::string& file : files_in(dataset.root / folder)) {
      if (file.ends_with(folders.label_ending)) dataset.unmatched.push_back(joined(folder, file));
    }
  }
}

void finish_listing(Dataset& dataset) {
  if (dataset.samples.empty()) {
    throw DataError(dataset.root.string(), "no image of the split \"" + dataset.split +
                                               "\" in the layout of " + dataset.kind);
  }
  const auto by_id = [](const Sample& a, const Sample& b) { return a.id < b.id; };
  if (!std::is_sorted(dataset.samples.begin(), dataset.samples.end(), by_id)) {
    std::sort(dataset.samples.begin(), dataset.samples.end(), by_id);
  }
  const auto twice =
      std::adjacent_find(dataset.samples.begin(), dataset.samples.end(),
                         [](const Sample& a, const Sample& b) { return a.id == b.id; });
  if (twice != dataset.samples.end()) {
    throw DataError(dataset.root.string(), "two images are named alike: " + twice->image + " and " +
                                               std::next(twice)->image);
  }
  std::sort(dataset.unmatched.begin(), dataset.unmatched.end());
}

}  // namespace situ
