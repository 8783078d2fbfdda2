// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/detection_overlay.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "situ/core/tensor_check.h"
#include "situ/imaging/draw.h"

namespace situ {
namespace {

constexpr double kOpacity = 0.45;
constexpr int64_t kSidePerScale = 640;  // pixels of the picture for each step of line and letter

void draw_caption(const at::Tensor& picture, const Box& box, const std::string& caption,
                  Color color, int64_t scale) {
  const Box extent = text_extent(caption, scale);
  const int64_t margin = scale;
  const int64_t height = extent.height() + 2 * margin, width = extent.width() + 2 * margin;
  // Above the box, or inside it where the picture ends.
  const int64_t y = box.y0 >= height ? box.y0 - height : box.y0;
  const int64_t x = std::max<int64_t>(0, std::min(box.x0, picture.size(2) - width));
  fill_box_(picture, {x, y, x + width, y + height}, color);
  draw_text_(picture, x + margin, y + margin, caption, text_color_on(color), scale);
}

}  // namespace

at::Tensor detection_overlay(const at::Tensor& image, const std::vector<OverlayItem>& items) {
  check_image(image, "detection_overlay: image");
  const int64_t height = image.size(1), width = image.size(2);
  const int64_t scale = std::clamp<int64_t>(std::max(height, width) / kSidePerScale, 1, 8);
  at::Tensor picture = image.cpu().clone(at::MemoryFormat::Contiguous);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].mask.defined()) continue;
    tint_mask_(picture, items[i].mask, palette_color(static_cast<int64_t>(i)), kOpacity);
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Box box = touched_pixels(items[i].box, height, width);
    if (box.area() == 0) continue;
    const Color color = palette_color(static_cast<int64_t>(i));
    draw_box_(picture, box, color, scale + 1);
    if (!items[i].caption.empty()) draw_caption(picture, box, items[i].caption, color, scale);
  }
  return picture;
}

}  // namespace situ
