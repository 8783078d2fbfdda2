// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/crop_composer.h"

namespace situ {

void CompositionOptions::validate() const {
  const auto share = [](const char* name, double value) {
    require_option(value >= 0.0 && value <= 1.0, name, value, "in [0, 1]");
  };
  require_option(crop_size >= 32 && crop_size <= 2048, "crop_size", crop_size, "in [32, 2048]");
  require_option(min_window_px >= 16.0, "min_window_px", min_window_px, "16 or more");
  require_option(max_window_px >= min_window_px && max_window_px <= 360.0, "max_window_px",
                 max_window_px, "in [min_window_px, 360]");
  require_option(min_scene_scale > 0.0 && min_scene_scale <= 1.0, "min_scene_scale",
                 min_scene_scale, "in (0, 1]");
  require_option(min_hole >= 0.25, "min_hole", min_hole, "0.25 or more");
  require_option(max_hole >= min_hole && max_hole <= 0.95, "max_hole", max_hole,
                 "in [min_hole, 0.95]");
  require_option(usual_hole >= min_hole && usual_hole <= max_hole, "usual_hole", usual_hole,
                 "in [min_hole, max_hole]");
  share("usual_hole_share", usual_hole_share);
  require_option(min_hole_aspect >= 0.25, "min_hole_aspect", min_hole_aspect, "0.25 or more");
  require_option(max_hole_aspect >= min_hole_aspect && max_hole_aspect <= 4.0, "max_hole_aspect",
                 max_hole_aspect, "in [min_hole_aspect, 4]");
  share("shifted_share", shifted_share);
  share("road_share", road_share);
  share("min_road_overlap", min_road_overlap);
  share("empty_share", empty_share);
  share("rendered_share", rendered_share);
  share("mirrored_share", mirrored_share);
  require_option(min_fill >= 0.1 && min_fill <= 1.0, "min_fill", min_fill, "in [0.1, 1]");
  require_option(max_rotation_deg >= 0.0 && max_rotation_deg <= 45.0, "max_rotation_deg",
                 max_rotation_deg, "in [0, 45]");
  require_option(aspect_jitter >= 0.0 && aspect_jitter <= 0.5, "aspect_jitter", aspect_jitter,
                 "in [0, 0.5]");
  share("tone_matching", tone_matching);
  require_option(brightness_jitter >= 0.0 && brightness_jitter <= 0.5, "brightness_jitter",
                 brightness_jitter, "in [0, 0.5]");
  require_option(contrast_jitter >= 0.0 && contrast_jitter <= 0.5, "contrast_jitter",
                 contrast_jitter, "in [0, 0.5]");
  share("min_shadow", min_shadow);
  require_option(max_shadow >= min_shadow && max_shadow <= 1.0, "max_shadow", max_shadow,
                 "in [min_shadow, 1]");
}

}  // namespace situ
