// SPDX-License-Identifier: Apache-2.0
#include "situ/exports/export_folder.h"

#include <algorithm>
#include <cctype>
#include <system_error>

#include "situ/core/errors.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

constexpr int kHighestQuality = 100;

/// The ending of an image's name, small; ".png" where it has none that is known.
std::string image_ending(const std::filesystem::path& image) {
  std::string ending = image.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char one) { return static_cast<char>(std::tolower(one)); });
  const bool known = ending == ".jpg" || ending == ".jpeg" || ending == ".webp";
  return known ? ending : ".png";
}

bool is_plain(unsigned char one) {
  return one < 128 && (std::isalnum(one) != 0 || one == '.' || one == '_' || one == '-');
}

}  // namespace

std::string ExportFolder::name_of(const ExportSample& sample) {
  std::string name = sample.id;
  std::replace_if(
      name.begin(), name.end(), [](char one) { return !is_plain(static_cast<unsigned char>(one)); },
      '_');
  if (name.empty() || name.front() == '.') name.insert(0, "_");
  if (!names_.insert(name).second) {
    throw DataError(sample.id, "another sample has its file name, " + name);
  }
  return name;
}

std::string ExportFolder::add_image(const ExportSample& sample, const std::string& folder,
                                    const std::string& stem) const {
  const std::string file = (folder.empty() ? "" : folder + "/") + stem + image_ending(sample.image);
  place(sample.image, file);
  place_clean(sample, stem);
  return file;
}

std::string ExportFolder::add_jpeg(const ExportSample& sample, const std::string& folder,
                                   const std::string& stem) const {
  const std::string file = folder + "/" + stem + ".jpg";
  if (image_ending(sample.image) == ".jpg") {
    place(sample.image, file);
  } else {
    save_jpeg(at(file), load_image(sample.image), kHighestQuality);
  }
  place_clean(sample, stem);
  return file;
}

void ExportFolder::place_clean(const ExportSample& sample, const std::string& stem) const {
  if (sample.clean_image.empty()) return;
  place(sample.clean_image, "clean/" + stem + image_ending(sample.clean_image));
}

void ExportFolder::add_png(const ExportSample& sample, const std::string& folder,
                           const std::string& stem) const {
  place_png(sample.image, (folder.empty() ? "" : folder + "/") + stem + ".png");
  if (!sample.clean_image.empty()) place_png(sample.clean_image, "clean/" + stem + ".png");
}

void ExportFolder::place_png(const std::filesystem::path& from, const std::string& to) const {
  if (image_ending(from) == ".png") {
    place(from, to);
  } else {
    save_png(at(to), load_image(from));
  }
}

void ExportFolder::place(const std::filesystem::path& from, const std::string& to) const {
  const std::filesystem::path target = at(to);
  if (link_images_) {
    std::error_code error;
    std::filesystem::create_hard_link(from, target, error);
    if (!error) return;  // else another file system, or one without links
  }
  copy_file_to(from, target);
}

}  // namespace situ
