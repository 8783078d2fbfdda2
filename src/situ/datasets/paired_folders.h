// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/datasets/dataset.h"

namespace situ {

/// A folder of images beside one of labels, paired by name. Folders are relative to the root.
struct PairedFolders {
  std::string images;
  std::vector<std::string> image_endings;  // of file names; the first that fits
  std::string labels;                      // empty: there are none
  std::string label_ending;
  std::string instances;
  std::string instance_ending;
  Attributes attributes;
  /// Not empty: the images lie one folder deeper, and that folder's name is this attribute.
  std::string group_attribute;
  /// What ids start with; "" or ends with "/".
  std::string id_prefix;
};

/// Appends the samples that lie there, and what has no image to `unmatched`. Names with another
/// ending are passed over. A label folder that is missing is one without files; throws FileError
/// where the image folder cannot be read.
void add_paired_folders(Dataset& dataset, const PairedFolders& folders);

/// Sorts by id. Throws DataError when two samples have one id or there is no image.
void finish_listing(Dataset& dataset);

/// The endings of pictures that can be read, for data sets that leave the format open.
inline const std::vector<std::string> kImageEndings = {".png", ".jpg", ".jpeg", ".webp",
                                                       ".PNG", ".JPG", ".JPEG"};

}  // namespace situ
