// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "situ/exports/export_sample.h"
#include "situ/io/output_folder.h"

namespace situ {

/// Where an export goes: gives each sample a file name, and brings the images.
class ExportFolder {
 public:
  /// Throws FileError unless the folder is empty or not there.
  ExportFolder(const std::filesystem::path& root, bool link_images)
      : folder_(root), link_images_(link_images) {}

  /// The whole path of a file, its folder made.
  std::filesystem::path at(const std::string& file) const { return folder_.at(file); }

  /// The sample's file name without ending: its id, with everything but letters, digits, ".", "_"
  /// and "-" of ASCII as "_". Throws DataError where another sample has it. Call once a sample.
  std::string name_of(const ExportSample& sample);

  /// Copies or links the image to `folder`/`stem`.png (or .jpg, .webp: as the original ends), and
  /// the clean one to clean/; returns the image's path relative to the root.
  std::string add_image(const ExportSample& sample, const std::string& folder,
                        const std::string& stem) const;

  /// The same for formats whose images are PNG: others are decoded and written anew.
  void add_png(const ExportSample& sample, const std::string& folder,
               const std::string& stem) const;

  /// The same for formats whose images are JPEG, at its highest quality; clean images stay as they
  /// are. Returns the image's path relative to the root.
  std::string add_jpeg(const ExportSample& sample, const std::string& folder,
                       const std::string& stem) const;

 private:
  void place_clean(const ExportSample& sample, const std::string& stem) const;
  void place_png(const std::filesystem::path& from, const std::string& to) const;
  void place(const std::filesystem::path& from, const std::string& to) const;

  OutputFolder folder_;
  bool link_images_ = false;
  std::set<std::string> names_;
};

}  // namespace situ
