// SPDX-License-Identifier: Apache-2.0
#include "situ/pipeline/blending.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "situ/core/tensor_check.h"
#include "situ/imaging/filter.h"

namespace situ {
namespace {

void check_inside(const Box& inner, const Box& outer, const char* what) {
  if (inner.width() >= 1 && inner.height() >= 1 && intersection(inner, outer) == inner) return;
  throw std::invalid_argument(std::string("blending: expected ") + what + ", got [" +
                              std::to_string(inner.x0) + ", " + std::to_string(inner.y0) + ", " +
                              std::to_string(inner.x1) + ", " + std::to_string(inner.y1) + "]");
}

void check_place(const at::Tensor& mask, const PaintedPlace& place) {
  check_mask(mask, "blending_alpha: object_mask");
  check_inside(place.crop, {0, 0, mask.size(1), mask.size(0)}, "a crop inside the image");
  check_inside(place.region, place.crop, "a region inside the crop");
}

at::Tensor part(const at::Tensor& values, const Box& box) {
  return values.slice(0, box.y0, box.y1).slice(1, box.x0, box.x1);
}

Box grown(const Box& box, int64_t by, const at::Tensor& image) {
  return intersection({box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by},
                      {0, 0, image.size(1), image.size(0)});
}

// `box` in the coordinates of `frame`.
Box within(const Box& box, const Box& frame) {
  return {box.x0 - frame.x0, box.y0 - frame.y0, box.x1 - frame.x0, box.y1 - frame.y0};
}

// `value` on the mask and 0 elsewhere, blurred: the pixels of `needed`, double [h, w]. Computed
// only where the mask reaches; what the window's border reflects is zero, or out of reach, or the
// image's own border.
at::Tensor blurred(const at::Tensor& mask, double value, int64_t sigma, int64_t radius,
                   const Box& needed) {
  at::Tensor result = at::zeros({needed.height(), needed.width()}, at::kDouble);
  const std::optional<Box> box = bounding_box(mask);
  if (!box) return result;
  const Box reached = intersection(grown(*box, radius, mask), needed);
  if (reached.area() == 0) return result;
  const Box window = grown(reached, radius, mask);
  const at::Tensor soft = gaussian_blur(part(mask, window).to(at::kDouble).mul_(value).contiguous(),
                                        static_cast<double>(sigma), radius);
  part(result, within(reached, needed)).copy_(part(soft, within(reached, window)));
  return result;
}

// 1 over [inner_start, inner_end), falling linearly to the ends of [start, end), except where that
// end is the image's.
at::Tensor ramp(int64_t start, int64_t end, int64_t inner_start, int64_t inner_end,
                int64_t image_size) {
  at::Tensor weights = at::ones({end - start}, at::kDouble);
  double* values = weights.data_ptr<double>();
  const auto fall = [&](int64_t from_border, int64_t gap) {
    return (static_cast<double>(from_border) + 0.5) / static_cast<double>(gap);
  };
  if (start > 0) {
    for (int64_t i = start; i < inner_start; ++i)
      values[i - start] = fall(i - start, inner_start - start);
  }
  if (end < image_size) {
    for (int64_t i = inner_end; i < end; ++i)
      values[i - start] = fall(end - 1 - i, end - inner_end);
  }
  return weights;
}

at::Tensor object_alpha(const at::Tensor& mask, const PaintedPlace& place, int64_t sigma) {
  const Box& crop = place.crop;
  const at::Tensor soft = blurred(mask, 2, sigma, 3 * sigma, crop).clamp_max_(1);
  const at::Tensor rows =
      ramp(crop.y0, crop.y1, place.region.y0, place.region.y1, mask.size(0)).unsqueeze(1);
  const at::Tensor columns =
      ramp(crop.x0, crop.x1, place.region.x0, place.region.x1, mask.size(1)).unsqueeze(0);
  return soft * rows * columns;  // [h, w]
}

at::Tensor crop_alpha(const at::Tensor& mask, const PaintedPlace& place, int64_t sigma) {
  const auto& [region, crop] = place;
  const int64_t width = 2 * sigma;
  const at::Tensor rows = ramp(crop.y0, crop.y1, std::min(crop.y0 + width, region.y0),
                               std::max(crop.y1 - width, region.y1), mask.size(0));
  const at::Tensor columns = ramp(crop.x0, crop.x1, std::min(crop.x0 + width, region.x0),
                                  std::max(crop.x1 - width, region.x1), mask.size(1));
  return rows.unsqueeze(1) * columns.unsqueeze(0);  // [h, w]
}

// One, and the rounding that the original leaves above it.
constexpr double kLargestAlpha = 1 + 1e-9;

// Calls mix(alpha, painted, scene) for each pixel with alpha > 0.
template <class Mix>
at::Tensor mixed(const at::Tensor& scene, const at::Tensor& painted, const Box& crop,
                 const at::Tensor& alpha, Mix&& mix) {
  check_image(scene, "blend: scene");
  check_image(painted, "blend: painted");
  const std::string height = std::to_string(scene.size(1));
  const std::string width = std::to_string(scene.size(2));
  check_inside(crop, {0, 0, scene.size(2), scene.size(1)}, "a crop inside the image");
  check_shape(painted, {"3", std::to_string(crop.height()), std::to_string(crop.width())},
              "blend: painted");
  check_shape(alpha, {height, width}, "blend: alpha");
  check_dtype(alpha, at::kDouble, "blend: alpha");
  at::Tensor image = scene.clone(at::MemoryFormat::Contiguous);
  at::Tensor source = image.clone();  // the scene with the crop painted over
  source.slice(1, crop.y0, crop.y1).slice(2, crop.x0, crop.x1).copy_(painted);
  const at::Tensor shares = alpha.contiguous();
  const double* share = shares.const_data_ptr<double>();
  uint8_t* pixels = image.data_ptr<uint8_t>();
  const uint8_t* sources = source.const_data_ptr<uint8_t>();
  const int64_t area = shares.numel();
  for (int64_t i = 0; i < area; ++i) {
    if (share[i] == 0) continue;
    if (!(share[i] > 0 && share[i] <= kLargestAlpha)) {
      throw std::invalid_argument("blend: expected alpha in [0, 1], got " +
                                  std::to_string(share[i]));
    }
    for (int64_t at = i; at < 3 * area; at += area) {
      pixels[at] = mix(share[i], static_cast<double>(sources[at]), static_cast<double>(pixels[at]));
    }
  }
  return image;
}

}  // namespace

void BlendingOptions::validate() const {
  require_option(!blur || (*blur >= 0 && *blur <= 1000), "blur", blur, "in [0, 1000]");
}

int64_t blur_px(const BlendingOptions& options, const Box& region) {
  const auto longest = static_cast<double>(std::max(region.height(), region.width()));
  return options.blur.value_or(std::min<int64_t>(static_cast<int64_t>(0.2 * longest), 50));
}

at::Tensor blending_alpha(const at::Tensor& object_mask, const PaintedPlace& place,
                          const BlendingOptions& options) {
  options.validate();
  check_place(object_mask, place);
  const int64_t sigma = blur_px(options, place.region);
  at::Tensor alpha = at::zeros(object_mask.sizes(), at::kDouble);
  at::Tensor in_crop = part(alpha, place.crop);
  if (options.stitch == Stitch::kCrop) {
    in_crop.copy_(crop_alpha(object_mask, place, sigma));
  } else if (sigma > 0) {
    in_crop.copy_(object_alpha(object_mask, place, sigma));
  }
  in_crop.masked_fill_(part(object_mask, place.crop), 1);
  return alpha;
}

at::Tensor blend(const at::Tensor& scene, const at::Tensor& painted, const Box& crop,
                 const at::Tensor& alpha) {
  return mixed(scene, painted, crop, alpha, [](double share, double over, double under) {
    return static_cast<uint8_t>(std::floor(share * over + (1 - share) * under + 0.5));
  });
}

at::Tensor blending_alpha_compat_poc(const at::Tensor& object_mask, const PaintedPlace& place,
                                     const BlendingOptions& options) {
  options.validate();
  check_place(object_mask, place);
  const int64_t sigma = blur_px(options, place.region);
  at::Tensor mask = object_mask;
  if (options.stitch == Stitch::kCrop) {
    mask = at::zeros_like(object_mask);
    part(mask, place.region).fill_(true);
  }
  if (sigma == 0) return mask.to(at::kDouble);
  // The original blurs 255 times the mask, and keeps alphas that end one rounding above 1: there
  // the truncation darkens pixels inside the object.
  const Box image{0, 0, mask.size(1), mask.size(0)};
  const at::Tensor alpha = blurred(mask, 255, sigma, sigma, image).div_(255);
  return options.stitch == Stitch::kCrop ? alpha : at::maximum(mask.to(at::kDouble), alpha);
}

at::Tensor blend_compat_poc(const at::Tensor& scene, const at::Tensor& painted, const Box& crop,
                            const at::Tensor& alpha) {
  return mixed(scene, painted, crop, alpha, [](double share, double over, double under) {
    return static_cast<uint8_t>(over * share + (1 - share) * under);
  });
}

}  // namespace situ
