// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// Where pictures of an object come from.
enum class CutoutKind {
  kEmoji,         // a rendered object, named by its code points ("1f415", "1f3cd-fe0f")
  kCoco,          // the whole instances of a COCO category ("dog")
  kMaskedPhotos,  // a folder of photos with figure masks ("weizmann_horses" or "bags")
};

/// A change of colour that makes one rendered object into another: a money bag without saturation
/// and nearly black is a garbage bag.
struct Recolour {
  double saturation = 1.0;  // 0 = gray; [0, 4]
  double brightness = 1.0;  // factor on all channels; [0, 4]
  /// Dark strokes up to twice as wide are filled (a grey-scale closing): the sign on the money bag.
  /// [0, 64]
  int64_t fill_strokes_px = 0;
};

struct CutoutRecipe {
  CutoutKind kind = CutoutKind::kEmoji;
  std::string source;                                 // code points, category or folder
  Recolour recolour;                                  // applied to what was loaded
  std::vector<double> hues_deg = {0.0};               // one cut-out a rotation of the hue
  std::vector<std::string> only;                      // COCO instances "image/segment"; empty: all
  std::array<double, 4> keep = {0.0, 0.0, 1.0, 1.0};  // x0, y0, x1, y1: the part used, as shares
  bool symmetric = false;                             // the kept part is the left half; mirror it
  std::optional<double> min_aspect;  // height / width; whole bodies rather than torsos
};

/// One thing that the small models know.
struct VocabularyName {
  std::string name;                   // "garbage bag"
  std::vector<std::string> phrases;   // other words for it, such as "trash bag"; may be empty
  bool airborne = false;              // need not stand on the ground, casts no contact shadow
  std::vector<CutoutRecipe> sources;  // at least one
};

/// The names that the small models are trained on, in the order of their class numbers.
struct Vocabulary {
  std::vector<VocabularyName> names;

  /// The class number of a name or one of its phrases (lower case), or nothing.
  std::optional<int64_t> find(std::string_view phrase) const;
};

/// Reads `models/vocabulary.yaml` (version 1). Throws FileError when it cannot be read and
/// DataError, naming the key, when its content is wrong: unknown keys, duplicate names or phrases,
/// source names that are no plain file names, values out of range.
Vocabulary load_vocabulary(const std::filesystem::path& path);

}  // namespace situ
