// SPDX-License-Identifier: Apache-2.0
#include "situ/baselines/object_stitching.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "situ/baselines/paste_object.h"
#include "situ/core/random.h"
#include "situ/imaging/label_pixels.h"
#include "situ/imaging/resize.h"

namespace situ {
namespace {

constexpr int kMostDraws = 1000;  // of images, until one will do

at::Tensor part(const at::Tensor& values, const Box& box) {
  return values.slice(-2, box.y0, box.y1).slice(-1, box.x0, box.x1).contiguous();
}

int64_t scaled(int64_t side, double scale) {
  return std::max<int64_t>(1, static_cast<int64_t>(std::lround(static_cast<double>(side) * scale)));
}

}  // namespace

ObjectStitcher::ObjectStitcher(const Recipe& recipe, const Dataset& objects)
    : recipe_(recipe), objects_(objects) {
  for (const std::string& name : recipe.method.exclude) {
    excluded_.push_back(objects.labels.at(name).id);
  }
  for (const LabelClass& one : objects.labels.classes()) {
    if (one.is_thing) things_.push_back(one.id);
  }
  if (things_.empty() || objects.samples.empty()) {
    throw std::invalid_argument("stitching: " + objects.root.string() +
                                " has no labelled things to cut out");
  }
}

// One image after the other is drawn until one may be used: so each that may is equally likely,
// and none has to be read beforehand.
std::optional<ObjectStitcher::Cutout> ObjectStitcher::draw_cutout(Random& random) const {
  const RecipeMethod& method = recipe_.method;
  for (int draw = 0; draw < kMostDraws; ++draw) {
    const auto chosen = random.integer(0, static_cast<int64_t>(objects_.samples.size()));
    const Sample& sample = objects_.samples[static_cast<size_t>(chosen)];
    if (sample.label.empty()) continue;
    const at::Tensor labels = read_label(objects_, sample);
    if (std::min(labels.size(0), labels.size(1)) < method.min_image_side) continue;
    if (pixels_with(labels, excluded_).any().item<bool>()) continue;
    at::Tensor mask = pixels_with(labels, things_);
    if (method.unit == StitchedUnit::kInstance) {
      const at::Tensor numbers = read_instances(objects_, sample).masked_fill(~mask, 0);
      const at::Tensor present = std::get<0>(at::_unique(numbers)).to(at::kLong);
      const at::Tensor things = present.masked_select(present.gt(0));
      if (things.numel() == 0) continue;
      mask = numbers.eq(things[random.integer(0, things.numel())].item<int64_t>());
    }
    const std::optional<Box> box = bounding_box(mask);
    if (!box) continue;
    const double scale = method.scales[static_cast<size_t>(
        random.integer(0, static_cast<int64_t>(method.scales.size())))];
    Cutout cutout{part(read_image(objects_, sample), *box), part(mask, *box)};
    if (scale == 1) return cutout;
    const int64_t height = scaled(box->height(), scale);
    const int64_t width = scaled(box->width(), scale);
    cutout.image = resize(cutout.image, height, width, Interpolation::kBilinear);
    cutout.mask = resize(cutout.mask.to(at::kByte), height, width, Interpolation::kNearest).gt(0);
    if (cutout.mask.any().item<bool>()) return cutout;
  }
  return std::nullopt;
}

Insertion ObjectStitcher::insert(const at::Tensor& scene, uint64_t seed) const {
  Random random(seed);
  const std::optional<Cutout> cutout = draw_cutout(random);
  if (!cutout) {
    return not_pasted(scene, Outcome::kFailed,
                      "no image of " + objects_.root.string() + " has an object to cut out", seed);
  }
  const int64_t rows = scene.size(1) - cutout->image.size(1);
  const int64_t columns = scene.size(2) - cutout->image.size(2);
  if (rows < 0 || columns < 0) {
    return not_pasted(scene, Outcome::kNoRoom, "the object is larger than the image", seed);
  }
  const int64_t top = random.integer(0, rows + 1);
  const int64_t left = random.integer(0, columns + 1);
  return paste_object(scene, cutout->image, cutout->mask, cutout->mask, top, left, seed);
}

MadeSample ObjectStitcher::make(const PlannedSample& planned, const SampleSource& source) const {
  MadeSample made{.image = source.scene, .objects = {}};
  for (size_t k = 0; k < planned.objects.size(); ++k) {
    const uint64_t seed = derive_seed(static_cast<uint64_t>(recipe_.plan.seed), planned.id, k, 0);
    made.objects.push_back(insert(made.image, seed));
    made.image = made.objects.back().image;
  }
  return made;
}

}  // namespace situ
