// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "situ/training/composition/vocabulary.h"

namespace situ {

/// An object without its surroundings, cut to the box of its visible pixels.
struct Cutout {
  /// uint8 [4, h, w], colours multiplied with alpha (so that resizing brings in no dark fringe);
  /// the longer side is at most kMaxCutoutSidePx.
  at::Tensor premultiplied;
  std::string id;         // what it was made from, such as "emoji/1f415@60"
  bool rendered = false;  // an emoji rather than a photo
};

inline constexpr int64_t kMaxCutoutSidePx = 256;

enum class CutoutSplit {
  kTrain,
  kHeldOut,  // for names with few cut-outs the same ones as for training
};

/// Names with at least this many photo cut-outs hold one in eight of them out.
inline constexpr int64_t kMinPhotosToHoldOut = 16;

/// The cut-outs of every name of a vocabulary.
class CutoutSource {
 public:
  /// of_name[i]: the cut-outs of class i, at least one each. Throws std::invalid_argument
  /// otherwise, and for pictures that are not uint8 [4, h, w].
  CutoutSource(Vocabulary vocabulary, std::vector<std::vector<Cutout>> of_name);

  /// Reads emoji_3d/, coco128_panoptic/, weizmann_horses/ and bags/ below the folder, all that the
  /// vocabulary names. A missing COCO or photo folder is no error as long as each name has a
  /// cut-out. Throws DataError, naming the name, when one has none, and what the file readers
  /// throw.
  static CutoutSource load(const std::filesystem::path& data_folder, const Vocabulary& vocabulary,
                           CutoutSplit split);

  const Vocabulary& vocabulary() const { return vocabulary_; }
  int64_t size() const { return static_cast<int64_t>(rendered_.size()); }
  /// The rendered and the photographed cut-outs of a class; one of them may be empty.
  const std::vector<Cutout>& rendered(int64_t name) const;
  const std::vector<Cutout>& photos(int64_t name) const;

 private:
  Vocabulary vocabulary_;
  std::vector<std::vector<Cutout>> rendered_;
  std::vector<std::vector<Cutout>> photos_;
};

/// A cut-out from a picture and its alpha, or an empty tensor when nothing is visible. image: uint8
/// [3, H, W]; alpha: uint8 [H, W]. Returns uint8 [4, h, w] as Cutout::premultiplied.
at::Tensor make_cutout(const at::Tensor& image, const at::Tensor& alpha);

/// Alpha for a hard mask (bool [H, W]), soft and half a pixel inside its border, so that no
/// background comes along. Returns uint8 [H, W].
at::Tensor soft_alpha(const at::Tensor& mask);

/// The colour change of a recipe, of uint8 [4, H, W] with plain (not premultiplied) colours.
at::Tensor recoloured(const at::Tensor& rgba, const Recolour& recolour, double hue_deg);

}  // namespace situ
