// SPDX-License-Identifier: Apache-2.0
#include "situ/training/segmenter_samples.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace situ {
namespace {

constexpr double kReferenceHeightPx = 360;
constexpr double kWhiteJitter = 0.08;
constexpr double kWholeCropShare = 0.5;
constexpr double kMirroredShare = 0.5;

at::Tensor smooth_resize(const at::Tensor& image, int64_t height, int64_t width) {
  const bool smaller = height < image.size(1) || width < image.size(2);
  const at::Tensor batch = image.unsqueeze(0);
  const std::array<int64_t, 2> size = {height, width};
  return (smaller ? at::_upsample_bilinear2d_aa(batch, size, /*align_corners=*/false)
                  : at::upsample_bilinear2d(batch, size, /*align_corners=*/false))
      .squeeze(0);
}

at::Tensor window_of(const at::Tensor& x, int64_t top, int64_t left, int64_t size) {
  return x.slice(-2, top, top + size).slice(-1, left, left + size);
}

/// What cameras, files and decoders do to pictures: lost detail, noise, other colours.
at::Tensor degraded(at::Tensor image, const SampleVariation& variation, Random& random) {
  if (random.chance(variation.degraded_share)) {
    const double share = random.real(variation.least_resolution, 1.0);
    const int64_t height = image.size(1);
    const int64_t width = image.size(2);
    const auto kept = [&](int64_t pixels) {
      return std::max<int64_t>(2, std::llround(share * static_cast<double>(pixels)));
    };
    image = smooth_resize(smooth_resize(image, kept(height), kept(width)), height, width);
  }
  image = jittered_color(image, variation.color_jitter, random);
  if (random.chance(variation.degraded_share)) {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(random.bits());
    const double noise = random.real(0, variation.most_noise);
    image = image + noise * at::randn(image.sizes(), generator, at::kFloat);
  }
  return image.clamp(-1, 1);
}

}  // namespace

at::Tensor jittered_color(const at::Tensor& image, double strength, Random& random) {
  const auto factor = [&](double range) { return 1 + random.real(-range, range); };
  const at::Tensor white = at::tensor(
      std::vector<double>{factor(kWhiteJitter), factor(kWhiteJitter), factor(kWhiteJitter)},
      at::kFloat);
  at::Tensor x = (image + 1) * 0.5 * (white * factor(strength)).view({3, 1, 1});
  const at::Tensor gray = x.mean(0, /*keepdim=*/true);
  x = gray + (x - gray) * factor(strength);
  const at::Tensor middle = x.mean();
  x = middle + (x - middle) * factor(strength);
  return (x * 2 - 1).clamp(-1, 1);
}

SceneWindow scene_window(const Scene& scene, int64_t size, const SampleVariation& variation,
                         Random& random) {
  const int64_t height = scene.image.size(1);
  const int64_t width = scene.image.size(2);
  const double scale = random.real(variation.min_scene_scale, variation.max_scene_scale) *
                       kReferenceHeightPx / static_cast<double>(height);
  const int64_t side = std::clamp<int64_t>(std::llround(static_cast<double>(size) / scale), 2,
                                           std::min(height, width));
  const int64_t top = random.integer(0, height - side + 1);
  const int64_t left = random.integer(0, width - side + 1);
  at::Tensor image = smooth_resize(
      window_of(scene.image, top, left, side).to(at::kFloat).div(127.5).sub(1), size, size);
  at::Tensor labels =
      at::upsample_nearest2d(
          window_of(scene.labels, top, left, side).contiguous().view({1, 1, side, side}),
          at::IntArrayRef{size, size})
          .view({size, size});
  if (random.chance(kMirroredShare)) {
    image = image.flip(2);
    labels = labels.flip(1);
  }
  return {.image = degraded(image, variation, random), .labels = labels.contiguous()};
}

CropWindow crop_window(const at::Tensor& image, const ComposedCrop& crop, int64_t size,
                       const SampleVariation& variation, Random& random) {
  const double zoom = random.chance(kWholeCropShare)
                          ? 1.0
                          : random.real(variation.min_crop_zoom, variation.max_crop_zoom);
  // Reflection doubles a picture at most, so a crop may not become smaller than half the window.
  const int64_t side =
      std::max<int64_t>(size / 2 + 1, std::llround(zoom * static_cast<double>(size)));
  const at::Tensor masks = at::stack({crop.object, crop.hole}).to(at::kFloat);
  at::Tensor all = at::cat({degraded(image, variation, random), masks});  // [5, s, s]
  all = smooth_resize(all, side, side);
  if (side > size) {
    const int64_t top = random.integer(0, side - size + 1);
    const int64_t left = random.integer(0, side - size + 1);
    all = window_of(all, top, left, size);
  } else if (side < size) {
    const int64_t top = random.integer(0, size - side + 1);
    const int64_t left = random.integer(0, size - side + 1);
    // Reflection allows less than the picture's own side at each border.
    const int64_t most = side - 1;
    const int64_t above = std::clamp(top, size - side - most, most);
    const int64_t before = std::clamp(left, size - side - most, most);
    all = at::reflection_pad2d(all, {before, size - side - before, above, size - side - above});
  }
  if (random.chance(kMirroredShare)) all = all.flip(2);
  return {.image = all.slice(0, 0, 3).contiguous(),
          .object = all[3].contiguous(),
          .hole = all[4].contiguous(),
          .name = crop.name};
}

}  // namespace situ
