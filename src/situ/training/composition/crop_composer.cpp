// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/crop_composer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "situ/core/random.h"
#include "situ/imaging/box.h"
#include "situ/imaging/cutout_placement.h"
#include "situ/imaging/resize.h"

namespace situ {
namespace {

constexpr double kReferenceSceneHeightPx = 360.0;
constexpr int64_t kPlaceTries = 80;
constexpr int64_t kCountingStepPx = 3;  // road is counted on every third pixel each way

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
  const CutoutPlacement placement{
      .min_fill = options_.min_fill,
      .mirrored_share = options_.mirrored_share,
      .max_rotation_deg = options_.max_rotation_deg,
      .aspect_jitter = options_.aspect_jitter,
      .tone_matching = options_.tone_matching,
      .brightness_jitter = options_.brightness_jitter,
      .contrast_jitter = options_.contrast_jitter,
      .min_shadow = options_.min_shadow,
      .max_shadow = options_.max_shadow,
      .airborne = cutouts_.vocabulary().names[static_cast<std::size_t>(name)].airborne};
  crop.object = place_cutout_(crop.image, hole, cutout.premultiplied, placement, random);
  if (!crop.object.any().item<bool>()) return crop;
  crop.name = name;
  return crop;
}

}  // namespace situ
