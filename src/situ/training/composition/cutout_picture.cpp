// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "situ/core/tensor_check.h"
#include "situ/imaging/box.h"
#include "situ/imaging/paste.h"
#include "situ/training/composition/cutout_source.h"

namespace situ {
namespace {

uint8_t to_byte(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// Fills dark strokes narrower than about twice the radius: grey-scale closing with a square.
at::Tensor fill_strokes(const at::Tensor& rgb, int64_t radius_px) {
  const int64_t side = 2 * radius_px + 1;
  const auto widest = [&](const at::Tensor& values) {
    return at::max_pool2d(values, {side, side}, {1, 1}, {radius_px, radius_px});
  };
  const at::Tensor values = rgb.to(at::kFloat).unsqueeze(0);
  return (-widest(-widest(values))).squeeze(0).to(at::kByte).contiguous();
}

}  // namespace

at::Tensor make_cutout(const at::Tensor& image, const at::Tensor& alpha) {
  check_image(image, "make_cutout: image");
  check_shape(alpha, {"H", "W"}, "make_cutout: alpha");
  check_dtype(alpha, at::kByte, "make_cutout: alpha");
  TORCH_CHECK_VALUE(image.size(1) == alpha.size(0) && image.size(2) == alpha.size(1),
                    "make_cutout: image and alpha differ in size");
  const std::optional<Box> found = bounding_box(alpha.gt(127));
  if (!found) return at::empty({0}, at::kByte);
  // One pixel more, for the soft edge.
  const Box box{std::max<int64_t>(found->x0 - 1, 0), std::max<int64_t>(found->y0 - 1, 0),
                std::min(found->x1 + 1, alpha.size(1)), std::min(found->y1 + 1, alpha.size(0))};
  const auto cut = [&](const at::Tensor& t) {
    return t.slice(-2, box.y0, box.y1).slice(-1, box.x0, box.x1).contiguous();
  };
  const at::Tensor rgba = at::cat({cut(image), cut(alpha).unsqueeze(0)});
  return shrunk(premultiplied(rgba), kMaxCutoutSidePx);
}

at::Tensor soft_alpha(const at::Tensor& mask) {
  check_mask(mask, "soft_alpha: mask");
  const int64_t height = mask.size(0), width = mask.size(1);
  const at::Tensor contiguous = mask.contiguous();
  const bool* in = contiguous.data_ptr<bool>();
  at::Tensor alpha = at::zeros({height, width}, at::kByte);
  uint8_t* out = alpha.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      if (!in[y * width + x]) continue;
      int inside = 0;
      for (int64_t v = std::max<int64_t>(y - 1, 0); v <= std::min(y + 1, height - 1); ++v) {
        for (int64_t u = std::max<int64_t>(x - 1, 0); u <= std::min(x + 1, width - 1); ++u) {
          inside += in[v * width + u];
        }
      }
      // On a straight border 6 of 9 are inside.
      out[y * width + x] = to_byte(255.0 * (inside - 4.0) / 5.0);
    }
  }
  return alpha;
}

at::Tensor recoloured(const at::Tensor& rgba, const Recolour& recolour, double hue_deg) {
  check_shape(rgba, {"4", "H", "W"}, "recoloured: rgba");
  check_dtype(rgba, at::kByte, "recoloured: rgba");
  at::Tensor result = rgba.contiguous().clone();
  if (recolour.fill_strokes_px > 0) {
    result.slice(0, 0, 3).copy_(fill_strokes(result.slice(0, 0, 3), recolour.fill_strokes_px));
  }
  // Rotation of the colour circle at constant luma, as in SVG's hue-rotate.
  const double angle = hue_deg * std::numbers::pi / 180.0;
  const double c = std::cos(angle), s = std::sin(angle);
  const double rotation[3][3] = {
      {0.213 + c * 0.787 - s * 0.213, 0.715 - c * 0.715 - s * 0.715, 0.072 - c * 0.072 + s * 0.928},
      {0.213 - c * 0.213 + s * 0.143, 0.715 + c * 0.285 + s * 0.140, 0.072 - c * 0.072 - s * 0.283},
      {0.213 - c * 0.213 - s * 0.787, 0.715 - c * 0.715 + s * 0.715,
       0.072 + c * 0.928 + s * 0.072}};
  const int64_t area = result.size(1) * result.size(2);
  uint8_t* values = result.data_ptr<uint8_t>();
  for (int64_t i = 0; i < area; ++i) {
    const double from[3] = {double(values[i]), double(values[area + i]),
                            double(values[2 * area + i])};
    const double gray = 0.213 * from[0] + 0.715 * from[1] + 0.072 * from[2];
    for (int64_t k = 0; k < 3; ++k) {
      const double turned =
          rotation[k][0] * from[0] + rotation[k][1] * from[1] + rotation[k][2] * from[2];
      values[k * area + i] =
          to_byte((gray + recolour.saturation * (turned - gray)) * recolour.brightness);
    }
  }
  return result;
}

}  // namespace situ
