// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/contact_sheet.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "situ/core/tensor_check.h"
#include "situ/imaging/draw.h"
#include "situ/imaging/resize.h"

namespace situ {
namespace {

constexpr int64_t kColumns = 5;
constexpr std::array<const char*, kColumns> kHeadings{"before", "region", "inpainted crop", "mask",
                                                      "after"};
constexpr int64_t kGap = 8;
constexpr int64_t kWidest = 4;  // times the cell's height
constexpr int64_t kTextScale = 2;
constexpr int64_t kCaptionHeight = 7 * kTextScale + kGap;
constexpr int kPaper = 255;
constexpr int kEmptyCell = 225;
constexpr Color kInk{0, 0, 0};
constexpr Color kMaskColor{213, 94, 0};
constexpr Color kRegionColor{240, 228, 66};

using Cells = std::array<at::Tensor, kColumns>;  // undefined = empty

struct Size {
  int64_t height = 0;
  int64_t width = 0;
};

// The size at which a picture of `size` fills the cell's height, or its greatest width.
Size fitted(const Size& size, int64_t cell_height) {
  const double scale =
      std::min(static_cast<double>(cell_height) / static_cast<double>(size.height),
               static_cast<double>(kWidest * cell_height) / static_cast<double>(size.width));
  const auto side = [scale](int64_t whole, int64_t most) {
    return std::clamp<int64_t>(std::llround(scale * static_cast<double>(whole)), 1, most);
  };
  return {side(size.height, cell_height), side(size.width, kWidest * cell_height)};
}

at::Tensor fitted(const at::Tensor& image, int64_t cell_height) {
  const Size size = fitted({image.size(1), image.size(2)}, cell_height);
  return resize(image.contiguous(), size.height, size.width, Interpolation::kLanczos);
}

Box scaled(const Box& box, double scale) {
  const auto rounded = [scale](int64_t value) {
    return std::llround(scale * static_cast<double>(value));
  };
  return {rounded(box.x0), rounded(box.y0), rounded(box.x1), rounded(box.y1)};
}

void check_row(const SheetRow& row) {
  check_image(row.before, "contact_sheet: before");
  const std::string height = std::to_string(row.before.size(1));
  const std::string width = std::to_string(row.before.size(2));
  if (row.painted.defined()) check_image(row.painted, "contact_sheet: painted");
  if (row.mask.defined()) {
    check_mask(row.mask, "contact_sheet: mask");
    check_shape(row.mask, {height, width}, "contact_sheet: mask");
  }
  if (row.after.defined()) {
    check_image(row.after, "contact_sheet: after");
    check_shape(row.after, {"3", height, width}, "contact_sheet: after");
  }
}

// The line is drawn on the small picture, where it keeps its thickness.
at::Tensor with_region(const at::Tensor& scene, const Box& region, int64_t scene_height) {
  at::Tensor cell = scene.clone();
  const double scale = static_cast<double>(cell.size(1)) / static_cast<double>(scene_height);
  draw_box_(cell, scaled(region, scale), kRegionColor, 2);
  return cell;
}

at::Tensor with_mask(const at::Tensor& after, const at::Tensor& mask, int64_t cell_height) {
  at::Tensor tinted = after.clone(at::MemoryFormat::Contiguous);
  tint_mask_(tinted, mask, kMaskColor, 0.65);
  return fitted(tinted, cell_height);
}

Cells cells_of(const SheetRow& row, int64_t cell_height) {
  Cells cells;
  cells[0] = fitted(row.before, cell_height);
  if (row.region) cells[1] = with_region(cells[0], *row.region, row.before.size(1));
  if (row.painted.defined()) cells[2] = fitted(row.painted, cell_height);
  if (row.mask.defined()) {
    cells[3] = with_mask(row.after.defined() ? row.after : row.before, row.mask, cell_height);
  }
  if (row.after.defined()) cells[4] = fitted(row.after, cell_height);
  return cells;
}

struct Layout {
  std::array<int64_t, kColumns> left{};
  std::array<int64_t, kColumns> width{};
  int64_t sheet_width = 0;
};

Layout layout_of(const std::vector<Cells>& rows, int64_t cell_height) {
  Layout layout;
  int64_t x = kGap;
  for (size_t c = 0; c < kColumns; ++c) {
    layout.width[c] = std::max(cell_height / 2, text_extent(kHeadings[c], kTextScale).width());
    for (const Cells& cells : rows) {
      if (cells[c].defined()) layout.width[c] = std::max(layout.width[c], cells[c].size(2));
    }
    layout.left[c] = x;
    x += layout.width[c] + kGap;
  }
  layout.sheet_width = x;
  return layout;
}

at::Tensor part(const at::Tensor& sheet, const Box& box) {
  return sheet.narrow(1, box.y0, box.height()).narrow(2, box.x0, box.width());
}

void draw_cells(const at::Tensor& sheet, const Cells& cells, const Layout& layout, int64_t top,
                int64_t cell_height) {
  for (size_t c = 0; c < kColumns; ++c) {
    const int64_t left = layout.left[c];
    const at::Tensor& cell = cells[c];
    if (!cell.defined()) {
      part(sheet, {left, top, left + layout.width[c], top + cell_height}).fill_(kEmptyCell);
      draw_text_(sheet, left + kGap, top + kGap, "none", kInk, kTextScale);
      continue;
    }
    part(sheet, {left, top, left + cell.size(2), top + cell.size(1)}).copy_(cell);
  }
}

}  // namespace

at::Tensor contact_sheet(const std::vector<SheetRow>& rows, int64_t cell_height_px) {
  constexpr int64_t kLowest = 16;
  if (cell_height_px < kLowest) {
    throw std::invalid_argument("contact_sheet: cell_height_px: expected 16 or more, got " +
                                std::to_string(cell_height_px));
  }
  std::vector<Cells> cells;
  for (const SheetRow& row : rows) {
    check_row(row);
    cells.push_back(cells_of(row, cell_height_px));
  }
  const Layout layout = layout_of(cells, cell_height_px);
  const int64_t row_height = kCaptionHeight + cell_height_px + kGap;
  const int64_t height = kGap + kCaptionHeight + row_height * static_cast<int64_t>(rows.size());
  at::Tensor sheet = at::full({3, height, layout.sheet_width}, kPaper, at::kByte);
  for (size_t c = 0; c < kColumns; ++c) {
    draw_text_(sheet, layout.left[c], kGap, kHeadings[c], kInk, kTextScale);
  }
  int64_t top = kGap + kCaptionHeight;
  for (size_t r = 0; r < rows.size(); ++r) {
    draw_text_(sheet, kGap, top, rows[r].title, kInk, kTextScale);
    draw_cells(sheet, cells[r], layout, top + kCaptionHeight, cell_height_px);
    top += row_height;
  }
  return sheet;
}

}  // namespace situ
