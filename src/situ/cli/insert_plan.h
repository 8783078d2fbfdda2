// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "situ/cli/insert_settings.h"
#include "situ/core/device.h"
#include "situ/pipeline/location_area.h"
#include "situ/pipeline/prompt_template.h"

namespace situ {

/// A mask of each image; "{stem}" in the path stands for the image's name.
struct MaskFile {
  std::string path;
};

/// A label image of each image and the ids that are valid.
struct LabelFile {
  std::string path;
  std::vector<int64_t> ids;
};

using PlannedLocation = std::variant<Everywhere, LocationPrompt, MaskFile, LabelFile>;

struct PlannedObject {
  std::string object;  ///< "dog"
  std::string prompt;  ///< "A good photo of a dog"
};

/// What else is written.
struct Kept {
  bool alpha = false;  ///< how much of the painted crop each pixel has
  bool crop = false;   ///< the painted crop
  bool mask = false;   ///< the object
  bool valid = false;  ///< where objects may be
  bool sheet = false;  ///< all steps of all objects on one picture
};

/// An image and the names of what is made of it.
struct PlannedImage {
  std::filesystem::path input;
  std::string stem;
  std::filesystem::path image;    ///< <output>/<stem>.png
  std::filesystem::path objects;  ///< <output>/<stem>_objects.png
  std::filesystem::path record;   ///< <output>/<stem>.json
  std::filesystem::path valid;    ///< <output>/<stem>_valid.png
  std::filesystem::path sheet;    ///< <output>/<stem>_sheet.png

  /// <output>/<stem>_<number>_<what>.png; number: from 1, as in the instance map.
  std::filesystem::path of_object(size_t number, const char* what) const;
};

/// What `situ insert` does, complete and checked as far as it can be without touching a file's
/// content.
struct InsertPlan {
  InsertSettings settings;
  std::vector<PlannedImage> images;
  std::vector<PlannedObject> objects;
  PlannedLocation location;
  Kept keep;
  std::filesystem::path output;
};

/// Throws std::invalid_argument for whatever the command line or configuration has wrong: options
/// out of bounds, no object, text that is not UTF-8, two results of one name, a result in the place
/// of an input.
InsertPlan make_insert_plan(const std::vector<std::filesystem::path>& inputs,
                            const InsertSettings& settings, const std::filesystem::path& output);

/// Every file that an image's results may be written to.
std::vector<std::filesystem::path> outputs_of(const InsertPlan& plan, const PlannedImage& image);

/// "the road", "the mask roads/{stem}.png", …
std::string location_text(const PlannedLocation& location);

}  // namespace situ
