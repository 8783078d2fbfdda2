// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/crop_composer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "situ/core/random.h"
#include "situ/imaging/box.h"
#include "situ/imaging/resize.h"
#include "situ/training/composition/paste.h"

namespace situ {
namespace {

constexpr double kReferenceSceneHeightPx = 360.0;
constexpr int64_t kPlaceTries = 80;
constexpr int64_t kCountingStepPx = 3;  // road is counted on every third pixel each way
// A scene of this brightness and spread leaves an object as it is (about the means of the road
// scenes).
constexpr double kReferenceBrightness = 110.0, kReferenceDeviation = 45.0;

struct Window {
  int64_t x = 0, y = 0, side = 0;  // in pixels of the scene
};

/// A group is drawn in proportion to the root of its size, so that the largest data set does not
/// push the others out and small ones are not worn out.
int64_t draw_scene(const SceneSource& scenes, Random& random) {
  double total = 0.0;
  for (const auto& group : scenes.groups()) total += std::sqrt(static_cast<double>(group.size()));
  double left = random.real(0.0, total);
  const std::vector<int64_t>* drawn = &scenes.groups().back();
  for (const auto& group : scenes.groups()) {
    left -= std::sqrt(static_cast<double>(group.size()));
    if (left < 0.0) {
      drawn = &group;
      break;
    }
  }
  return (*drawn)[static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(drawn->size())))];
}

Box draw_hole(const CompositionOptions& options, Random& random) {
  const double size = static_cast<double>(options.crop_size);
  const bool usual = random.chance(options.usual_hole_share);
  const double reach = 0.04;  // "about as long": within 4 % of the crop's side
  const double longer =
      usual ? std::clamp(random.real(options.usual_hole - reach, options.usual_hole + reach),
                         options.min_hole, options.max_hole)
            : random.real(options.min_hole, options.max_hole);
  const double aspect = random.real(options.min_hole_aspect, options.max_hole_aspect);
  const auto side = [&](double share) {
    return std::max<int64_t>(4, std::llround(share * longer * size));
  };
  const int64_t width = side(std::min(1.0, aspect)), height = side(std::min(1.0, 1.0 / aspect));
  const int64_t free_x = options.crop_size - width, free_y = options.crop_size - height;
  Box hole{free_x / 2, free_y / 2, free_x / 2 + width, free_y / 2 + height};
  if (random.chance(options.shifted_share)) {
    hole.x0 = random.integer(1, std::max<int64_t>(2, free_x));
    hole.y0 = random.integer(1, std::max<int64_t>(2, free_y));
    hole.x1 = hole.x0 + width;
    hole.y1 = hole.y0 + height;
  }
  return hole;
}

double road_share(const at::Tensor& labels, const Window& window, const Box& hole,
                  int64_t crop_size) {
  const double scale = static_cast<double>(window.side) / static_cast<double>(crop_size);
  const auto x0 = window.x + static_cast<int64_t>(hole.x0 * scale);
  const auto x1 = window.x + static_cast<int64_t>(hole.x1 * scale);
  const auto y0 = window.y + static_cast<int64_t>(hole.y0 * scale);
  const auto y1 = window.y + static_cast<int64_t>(hole.y1 * scale);
  const uint8_t* values = labels.data_ptr<uint8_t>();
  int64_t road = 0, seen = 0;
  for (int64_t y = y0; y < y1; y += kCountingStepPx) {
    for (int64_t x = x0; x < x1; x += kCountingStepPx) {
      road += is_drivable(values[y * labels.size(1) + x]);
      ++seen;
    }
  }
  return seen == 0 ? 0.0 : static_cast<double>(road) / static_cast<double>(seen);
}

/// The first window of some tries whose hole lies on road, or the best of them.
Window draw_window(const Scene& scene, double bonnet_share, const Box& hole,
                   const CompositionOptions& options, Random& random) {
  const int64_t height = scene.image.size(1), width = scene.image.size(2);
  const double scale =
      std::max(options.min_scene_scale, static_cast<double>(height) / kReferenceSceneHeightPx);
  const int64_t largest = std::min(height, width);
  Window window;
  window.side = std::clamp<int64_t>(
      std::llround(random.real(options.min_window_px, options.max_window_px) * scale),
      std::min<int64_t>(16, largest), largest);
  const double hole_end = static_cast<double>(hole.y1) / static_cast<double>(options.crop_size);
  const auto lowest = static_cast<int64_t>((1.0 - bonnet_share) * static_cast<double>(height) -
                                           hole_end * static_cast<double>(window.side));
  const int64_t last_y = std::clamp<int64_t>(lowest, 0, height - window.side);
  const auto draw = [&] {
    window.x = random.integer(0, width - window.side + 1);
    window.y = random.integer(0, last_y + 1);
  };
  draw();
  if (!random.chance(options.road_share)) return window;
  Window best = window;
  double best_share = -1.0;
  for (int64_t i = 0; i < kPlaceTries; ++i) {
    const double share = road_share(scene.labels, window, hole, options.crop_size);
    if (share > best_share) {
      best_share = share;
      best = window;
    }
    if (share >= options.min_road_overlap) break;
    draw();
  }
  return best;
}

at::Tensor window_image(const Scene& scene, const Window& window, int64_t crop_size) {
  const at::Tensor part = scene.image.slice(1, window.y, window.y + window.side)
                              .slice(2, window.x, window.x + window.side)
                              .contiguous();
  return resize(part, crop_size, crop_size, Interpolation::kBicubic);
}

const Cutout& draw_cutout(const CutoutSource& source, int64_t name, double rendered_share,
                          Random& random) {
  const auto& rendered = source.rendered(name);
  const auto& photos = source.photos(name);
  const bool take_rendered = random.chance(rendered_share);
  const auto& pool = photos.empty() || (take_rendered && !rendered.empty()) ? rendered : photos;
  return pool[static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(pool.size())))];
}

/// How the scene's light changes the object: ratios to a reference scene rather than a match of the
/// means, so that a black bag stays black.
void match_tone_(at::Tensor& object, const Tone& scene, const CompositionOptions& options,
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

struct Placement {
  int64_t x = 0, y = 0;
};

Placement draw_placement(const Box& hole, int64_t height, int64_t width, bool airborne,
                         Random& random) {
  const int64_t free_x = hole.width() - width, free_y = hole.height() - height;
  // Two draws, so that the middle is more likely than the sides.
  const double sideways = 0.5 * (random.real() + random.real());
  const int64_t below =
      airborne ? random.integer(0, free_y + 1)
               : std::min(free_y, random.integer(1, 2 + std::max<int64_t>(1, hole.height() / 20)));
  return {hole.x0 + static_cast<int64_t>(sideways * static_cast<double>(free_x + 1)),
          hole.y1 - below - height};
}

ContactShadow shadow_under(const Box& object, const CompositionOptions& options, Random& random) {
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

CropComposer::CropComposer(const SceneSource& scenes, const CutoutSource& cutouts,
                           CompositionOptions options)
    : scenes_(scenes), cutouts_(cutouts), options_(options) {
  options_.validate();
}

ComposedCrop CropComposer::compose(uint64_t seed) const {
  Random random(seed);
  const int64_t size = options_.crop_size;
  const int64_t index = draw_scene(scenes_, random);
  const Scene& scene = scenes_.scene(index);
  const Box hole = draw_hole(options_, random);
  const Window window =
      draw_window(scene, scenes_.files(index).bonnet_share, hole, options_, random);

  ComposedCrop crop;
  crop.image = window_image(scene, window, size);
  crop.hole = at::zeros({size, size}, at::kBool);
  crop.hole.slice(0, hole.y0, hole.y1).slice(1, hole.x0, hole.x1).fill_(true);
  crop.object = at::zeros({size, size}, at::kBool);
  if (cutouts_.size() == 0 || random.chance(options_.empty_share)) return crop;

  const int64_t name = random.integer(0, cutouts_.size());
  const Cutout& cutout = draw_cutout(cutouts_, name, options_.rendered_share, random);
  const double fill = random.real(options_.min_fill, 1.0);
  const auto filled = [fill](int64_t side) {
    return std::max<int64_t>(1, static_cast<int64_t>(fill * static_cast<double>(side)));
  };
  const CutoutPose pose{
      .mirrored = random.chance(options_.mirrored_share),
      .rotation_deg = random.real(-options_.max_rotation_deg, options_.max_rotation_deg),
      .aspect_factor = 1.0 + random.real(-options_.aspect_jitter, options_.aspect_jitter),
      .max_height_px = filled(hole.height()),
      .max_width_px = filled(hole.width())};
  at::Tensor object = posed(cutout.premultiplied, pose);
  if (object.dim() != 3) return crop;  // too thin to be seen at this size
  match_tone_(object, tone_of(crop.image, {0, 0, size, size}), options_, random);

  const bool airborne = cutouts_.vocabulary().names[static_cast<std::size_t>(name)].airborne;
  const Placement place = draw_placement(hole, object.size(1), object.size(2), airborne, random);
  const Box box{place.x, place.y, place.x + object.size(2), place.y + object.size(1)};
  if (!airborne) cast_shadow_(crop.image, shadow_under(box, options_, random), hole);
  paste_(crop.image, crop.object, object, place.x, place.y);
  crop.name = name;
  return crop;
}

}  // namespace situ
