// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/paste.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "situ/core/tensor_check.h"
#include "situ/imaging/resize.h"

namespace situ {
namespace {

constexpr double kRed = 0.299, kGreen = 0.587, kBlue = 0.114;  // luma of Rec. 601
constexpr double kShadowFadePx = 4.0;
constexpr double kSmallestRotationDeg = 0.25;  // less is not worth a second resampling

uint8_t to_byte(double value) { return static_cast<uint8_t>(std::clamp(value + 0.5, 0.0, 255.0)); }

/// Turns about the middle into a picture large enough for all of it. Bilinear: the object has its
/// final size already.
at::Tensor rotated(const at::Tensor& object, double degrees) {
  const int64_t height = object.size(1), width = object.size(2);
  const double angle = degrees * std::numbers::pi / 180.0, c = std::cos(angle), s = std::sin(angle);
  const auto new_height =
      static_cast<int64_t>(std::ceil(std::abs(s) * width + std::abs(c) * height));
  const auto new_width =
      static_cast<int64_t>(std::ceil(std::abs(c) * width + std::abs(s) * height));
  at::Tensor result = at::zeros({4, new_height, new_width}, at::kByte);
  const uint8_t* in = object.data_ptr<uint8_t>();
  uint8_t* out = result.data_ptr<uint8_t>();
  for (int64_t y = 0; y < new_height; ++y) {
    for (int64_t x = 0; x < new_width; ++x) {
      const double dx = x + 0.5 - 0.5 * new_width, dy = y + 0.5 - 0.5 * new_height;
      const double u = c * dx - s * dy + 0.5 * width - 0.5,
                   v = s * dx + c * dy + 0.5 * height - 0.5;
      const auto u0 = static_cast<int64_t>(std::floor(u)), v0 = static_cast<int64_t>(std::floor(v));
      if (u0 < -1 || v0 < -1 || u0 >= width || v0 >= height) continue;
      const double fu = u - u0, fv = v - v0;
      for (int64_t k = 0; k < 4; ++k) {
        const auto at_pixel = [&](int64_t row, int64_t column) {
          const bool inside = row >= 0 && column >= 0 && row < height && column < width;
          return inside ? static_cast<double>(in[(k * height + row) * width + column]) : 0.0;
        };
        const double top = (1 - fu) * at_pixel(v0, u0) + fu * at_pixel(v0, u0 + 1);
        const double bottom = (1 - fu) * at_pixel(v0 + 1, u0) + fu * at_pixel(v0 + 1, u0 + 1);
        out[(k * new_height + y) * new_width + x] = to_byte((1 - fv) * top + fv * bottom);
      }
    }
  }
  return result;
}

}  // namespace

at::Tensor premultiplied(const at::Tensor& rgba) {
  const at::Tensor alpha = rgba.slice(0, 3, 4);
  const at::Tensor colors =
      rgba.slice(0, 0, 3).to(at::kInt).mul(alpha).add(127).floor_divide(255).to(at::kByte);
  return at::cat({colors, alpha}).contiguous();
}

at::Tensor plain_colors(const at::Tensor& premultiplied) {
  const at::Tensor alpha = premultiplied.slice(0, 3, 4);
  const at::Tensor colors =
      premultiplied.slice(0, 0, 3).to(at::kFloat).mul(255).div(alpha.clamp_min(1).to(at::kFloat));
  return at::cat({colors.round().clamp_max(255).to(at::kByte), alpha}).contiguous();
}

at::Tensor shrunk(const at::Tensor& premultiplied, int64_t longest_px) {
  const int64_t height = premultiplied.size(1), width = premultiplied.size(2);
  const int64_t longer = std::max(height, width);
  if (longer <= longest_px) return premultiplied;
  const auto scaled = [&](int64_t side) {
    return std::max<int64_t>(1, side * longest_px / longer);
  };
  return resize(premultiplied, scaled(height), scaled(width), Interpolation::kBilinear);
}

at::Tensor posed(const at::Tensor& premultiplied, const CutoutPose& pose) {
  const double angle = std::abs(pose.rotation_deg) * std::numbers::pi / 180.0;
  const double c = std::cos(angle), s = std::sin(angle);
  const double height = static_cast<double>(premultiplied.size(1));
  const double width = static_cast<double>(premultiplied.size(2)) * pose.aspect_factor;
  const double turned_height = c * height + s * width, turned_width = s * height + c * width;
  const double scale =
      std::min(pose.max_height_px / turned_height, pose.max_width_px / turned_width);
  const auto scaled = [scale](double side) {
    return std::max<int64_t>(1, static_cast<int64_t>(side * scale));
  };
  at::Tensor object =
      resize(premultiplied, scaled(height), scaled(width), Interpolation::kBilinear);
  if (pose.mirrored) object = object.flip(2).contiguous();
  if (std::abs(pose.rotation_deg) >= kSmallestRotationDeg)
    object = rotated(object, pose.rotation_deg);
  const std::optional<Box> visible = bounding_box(object[3].gt(127));
  if (!visible) return at::empty({0}, at::kByte);
  return object.slice(1, visible->y0, visible->y1)
      .slice(2, visible->x0, visible->x1)
      .slice(1, 0, pose.max_height_px)
      .slice(2, 0, pose.max_width_px)
      .contiguous();
}

Tone tone_of(const at::Tensor& image, const Box& box) {
  const int64_t height = image.size(1), width = image.size(2), area = height * width;
  const uint8_t* values = image.data_ptr<uint8_t>();
  double sum = 0.0, squares = 0.0;
  for (int64_t y = box.y0; y < box.y1; ++y) {
    for (int64_t x = box.x0; x < box.x1; ++x) {
      const uint8_t* p = values + y * width + x;
      const double luma = kRed * p[0] + kGreen * p[area] + kBlue * p[2 * area];
      sum += luma;
      squares += luma * luma;
    }
  }
  const double count = static_cast<double>(std::max<int64_t>(box.area(), 1));
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}

Tone tone_of(const at::Tensor& premultiplied) {
  const int64_t area = premultiplied.size(1) * premultiplied.size(2);
  const uint8_t* p = premultiplied.data_ptr<uint8_t>();
  double weight = 0.0, sum = 0.0, squares = 0.0;
  for (int64_t i = 0; i < area; ++i) {
    const double alpha = p[3 * area + i] / 255.0;
    if (alpha <= 0.0) continue;
    const double luma =
        kRed * p[i] + kGreen * p[area + i] + kBlue * p[2 * area + i];  // times alpha
    weight += alpha;
    sum += luma;
    squares += luma * luma / alpha;
  }
  if (weight <= 0.0) return {};
  const double mean = sum / weight;
  return {mean, std::sqrt(std::max(0.0, squares / weight - mean * mean))};
}

void change_tone_(at::Tensor& premultiplied, double gain, double contrast) {
  const double mean = tone_of(premultiplied).mean;
  const int64_t area = premultiplied.size(1) * premultiplied.size(2);
  uint8_t* p = premultiplied.data_ptr<uint8_t>();
  for (int64_t i = 0; i < area; ++i) {
    const double alpha = p[3 * area + i];
    for (int64_t k = 0; k < 3; ++k) {
      uint8_t& value = p[k * area + i];
      const double offset = (1.0 - contrast) * mean * alpha / 255.0;
      value = to_byte(std::min(alpha, gain * (contrast * value + offset)));
    }
  }
}

void cast_shadow_(at::Tensor& image, const ContactShadow& shadow, const Box& within) {
  const int64_t height = image.size(1), width = image.size(2), area = height * width;
  uint8_t* p = image.data_ptr<uint8_t>();
  for (int64_t y = within.y0; y < within.y1; ++y) {
    for (int64_t x = within.x0; x < within.x1; ++x) {
      const double u = (x + 0.5 - shadow.center_x) / shadow.radius_x;
      const double v = (y + 0.5 - shadow.center_y) / shadow.radius_y;
      const double r2 = u * u + v * v;
      if (r2 >= 1.0) continue;
      const double inside = static_cast<double>(std::min(
          std::min(x - within.x0, within.x1 - 1 - x), std::min(y - within.y0, within.y1 - 1 - y)));
      const double fade = std::min(1.0, (inside + 0.5) / kShadowFadePx);
      const double light = 1.0 - shadow.darkness * fade * (1.0 - r2) * (1.0 - r2 * r2);
      for (int64_t k = 0; k < 3; ++k) {
        uint8_t& value = p[k * area + y * width + x];
        value = to_byte(value * light);
      }
    }
  }
}

void paste_(at::Tensor& image, at::Tensor& object_mask, const at::Tensor& premultiplied, int64_t x,
            int64_t y) {
  const int64_t width = image.size(2), area = image.size(1) * width;
  const int64_t h = premultiplied.size(1), w = premultiplied.size(2);
  TORCH_INTERNAL_ASSERT(x >= 0 && y >= 0 && x + w <= width && y + h <= image.size(1));
  const uint8_t* in = premultiplied.data_ptr<uint8_t>();
  uint8_t* out = image.data_ptr<uint8_t>();
  bool* mask = object_mask.data_ptr<bool>();
  for (int64_t v = 0; v < h; ++v) {
    for (int64_t u = 0; u < w; ++u) {
      const int64_t to = (y + v) * width + x + u, from = v * w + u;
      const int alpha = in[3 * h * w + from];
      if (alpha == 0) continue;
      if (alpha > 127) mask[to] = true;
      for (int64_t k = 0; k < 3; ++k) {
        const int behind = (out[k * area + to] * (255 - alpha) + 127) / 255;
        out[k * area + to] = static_cast<uint8_t>(std::min(255, behind + in[k * h * w + from]));
      }
    }
  }
}

}  // namespace situ
