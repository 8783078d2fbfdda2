// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "situ/core/options.h"
#include "situ/training/composition/cutout_source.h"
#include "situ/training/composition/scene_source.h"

namespace situ {

/// How training crops are composed. Lengths are shares of the crop's side unless said otherwise.
struct CompositionOptions {
  int64_t crop_size = 128;
  double min_window_px = 90.0;
  double max_window_px = 220.0;
  double min_scene_scale = 0.75;
  double min_hole = 0.5625;
  double max_hole = 0.875;
  double usual_hole = 0.84;
  double usual_hole_share = 0.7;
  double min_hole_aspect = 0.8;
  double max_hole_aspect = 1.2;
  double shifted_share = 0.15;
  double road_share = 0.8;
  double min_road_overlap = 0.5;
  double empty_share = 0.08;
  double rendered_share = 0.75;
  double mirrored_share = 0.5;
  double min_fill = 0.85;
  double max_rotation_deg = 4.0;
  double aspect_jitter = 0.06;
  double tone_matching = 0.5;
  double brightness_jitter = 0.1;
  double contrast_jitter = 0.1;
  double min_shadow = 0.3;
  double max_shadow = 0.6;

  static constexpr auto fields() {
    using O = CompositionOptions;
    return std::tuple{
        field("crop_size", &O::crop_size, "side of the crops [px]"),
        field("min_window_px", &O::min_window_px,
              "smallest scene window [px of a 360 px high scene]"),
        field("max_window_px", &O::max_window_px,
              "largest scene window [px of a 360 px high scene]"),
        field("min_scene_scale", &O::min_scene_scale,
              "least factor from a 360 px high scene to a lower one, so that crops do not get too "
              "soft"),
        field("min_hole", &O::min_hole, "least longer side of the hole [crop sides]"),
        field("max_hole", &O::max_hole, "greatest longer side of the hole [crop sides]"),
        field("usual_hole", &O::usual_hole,
              "longer side of the hole that generation uses [crop sides]"),
        field("usual_hole_share", &O::usual_hole_share,
              "share of crops whose hole is about as long as generation uses"),
        field("min_hole_aspect", &O::min_hole_aspect, "least width / height of the hole"),
        field("max_hole_aspect", &O::max_hole_aspect, "greatest width / height of the hole"),
        field("shifted_share", &O::shifted_share, "share of crops whose hole is not in the middle"),
        field("road_share", &O::road_share, "share of crops whose hole must lie on road"),
        field("min_road_overlap", &O::min_road_overlap, "least share of such a hole that is road"),
        field("empty_share", &O::empty_share, "share of crops without an object"),
        field("rendered_share", &O::rendered_share,
              "probability of a rendered object where a name has photos as well"),
        field("mirrored_share", &O::mirrored_share, "share of objects that are mirrored"),
        field("min_fill", &O::min_fill,
              "least share of the hole's limiting side that the object takes"),
        field("max_rotation_deg", &O::max_rotation_deg, "greatest rotation of the object [degree]"),
        field("aspect_jitter", &O::aspect_jitter,
              "greatest relative change of the object's aspect"),
        field("tone_matching", &O::tone_matching,
              "0 keeps the object's brightness and contrast, 1 follows the scene's light fully"),
        field("brightness_jitter", &O::brightness_jitter, "greatest relative change of brightness"),
        field("contrast_jitter", &O::contrast_jitter, "greatest relative change of contrast"),
        field("min_shadow", &O::min_shadow, "least darkness of the contact shadow's middle"),
        field("max_shadow", &O::max_shadow, "greatest darkness of the contact shadow's middle")};
  }
  /// Throws std::invalid_argument naming the option and its bound.
  void validate() const;
};

/// A training sample of S x S pixels.
struct ComposedCrop {
  at::Tensor image;   // uint8 [3, S, S], with the object and its shadow
  at::Tensor hole;    // bool [S, S], a filled rectangle
  at::Tensor object;  // bool [S, S], within the hole; all false when there is no object
  int64_t name = -1;  // index into the vocabulary, -1 for none
};

/// Pastes cut-outs into windows of road scenes, in the geometry in which objects are inserted: a
/// square crop around a hole that takes most of it, the object standing at the bottom of the hole.
class CropComposer {
 public:
  /// The sources must outlive the composer. Throws std::invalid_argument for options out of bounds.
  CropComposer(const SceneSource& scenes, const CutoutSource& cutouts, CompositionOptions options);

  /// The crop of a seed: the same for the same sources, options and seed. May be called from
  /// several threads. Throws what reading a scene throws.
  ComposedCrop compose(uint64_t seed) const;

  const CompositionOptions& options() const { return options_; }

 private:
  const SceneSource& scenes_;
  const CutoutSource& cutouts_;
  CompositionOptions options_;
};

}  // namespace situ
