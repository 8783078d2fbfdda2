// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/cutout_placement.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "situ/core/tensor_check.h"
#include "situ/imaging/paste.h"

namespace situ {
namespace {

// A picture of this brightness and spread leaves an object as it is (about the means of road
// scenes).
constexpr double kReferenceBrightness = 110.0, kReferenceDeviation = 45.0;

/// How the scene's light changes the object: ratios to a reference scene rather than a match of the
/// means, so that a black bag stays black.
void match_tone_(at::Tensor& object, const Tone& scene, const CutoutPlacement& options,
                 Random& random) {
  const auto part = [&](double value, double reference) {
    return std::pow(std::max(value, 1.0) / reference, options.tone_matching);
  };
  const double gain = std::clamp(part(scene.mean, kReferenceBrightness), 0.5, 1.35);
  const double contrast = std::clamp(part(scene.deviation, kReferenceDeviation), 0.85, 1.15);
  change_tone_(object,
               gain * (1.0 + random.real(-options.brightness_jitter, options.brightness_jitter)),
               contrast * (1.0 + random.real(-options.contrast_jitter, options.contrast_jitter)));
}

struct Corner {
  int64_t x = 0, y = 0;
};

Corner draw_corner(const Box& hole, int64_t height, int64_t width, bool airborne, Random& random) {
  const int64_t free_x = hole.width() - width, free_y = hole.height() - height;
  // Two draws, so that the middle is more likely than the sides.
  const double sideways = 0.5 * (random.real() + random.real());
  const int64_t below =
      airborne ? random.integer(0, free_y + 1)
               : std::min(free_y, random.integer(1, 2 + std::max<int64_t>(1, hole.height() / 20)));
  return {hole.x0 + static_cast<int64_t>(sideways * static_cast<double>(free_x + 1)),
          hole.y1 - below - height};
}

ContactShadow shadow_under(const Box& object, const CutoutPlacement& options, Random& random) {
  const double width = static_cast<double>(object.width());
  ContactShadow shadow;
  shadow.radius_x = width * random.real(0.5, 0.62);
  shadow.radius_y = std::clamp(width * random.real(0.07, 0.13), 3.0, 0.2 * object.height() + 3.0);
  shadow.center_x =
      0.5 * static_cast<double>(object.x0 + object.x1) + width * random.real(-0.06, 0.06);
  shadow.center_y = static_cast<double>(object.y1) - 0.35 * shadow.radius_y;
  shadow.darkness = random.real(options.min_shadow, options.max_shadow);
  return shadow;
}

}  // namespace

at::Tensor place_cutout_(at::Tensor& image, const Box& hole, const at::Tensor& premultiplied,
                         const CutoutPlacement& placement, Random& random) {
  check_image(image, "place_cutout_: image");
  at::Tensor mask = at::zeros({image.size(1), image.size(2)}, at::kBool);
  const double fill = random.real(placement.min_fill, 1.0);
  const auto filled = [fill](int64_t side) {
    return std::max<int64_t>(1, static_cast<int64_t>(fill * static_cast<double>(side)));
  };
  const CutoutPose pose{
      .mirrored = random.chance(placement.mirrored_share),
      .rotation_deg = random.real(-placement.max_rotation_deg, placement.max_rotation_deg),
      .aspect_factor = 1.0 + random.real(-placement.aspect_jitter, placement.aspect_jitter),
      .max_height_px = filled(hole.height()),
      .max_width_px = filled(hole.width())};
  at::Tensor object = posed(premultiplied, pose);
  if (object.dim() != 3) return mask;
  match_tone_(object, tone_of(image, {0, 0, image.size(2), image.size(1)}), placement, random);

  const Corner corner =
      draw_corner(hole, object.size(1), object.size(2), placement.airborne, random);
  const Box box{corner.x, corner.y, corner.x + object.size(2), corner.y + object.size(1)};
  if (!placement.airborne) cast_shadow_(image, shadow_under(box, placement, random), hole);
  paste_(image, mask, object, corner.x, corner.y);
  return mask;
}

}  // namespace situ
