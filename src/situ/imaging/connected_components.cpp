// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/connected_components.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

#include "situ/imaging/host_tensor.h"

namespace situ {
namespace {

/// A row's unbroken stretch of true pixels. `parent` is the index of a run of the same component
/// and never larger than the run's own index, so a root is the component's first run in raster
/// order.
struct Run {
  int64_t y, x0, x1;
  size_t parent;
};

size_t root_of(std::vector<Run>& runs, size_t index) {
  while (runs[index].parent != index) {
    runs[index].parent = runs[runs[index].parent].parent;
    index = runs[index].parent;
  }
  return index;
}

void join(std::vector<Run>& runs, size_t a, size_t b) {
  a = root_of(runs, a);
  b = root_of(runs, b);
  runs[std::max(a, b)].parent = std::min(a, b);
}

void append_runs_of_row(const bool* row, int64_t width, int64_t y, std::vector<Run>& runs) {
  int64_t x = 0;
  while (x < width) {
    const void* start = std::memchr(row + x, 1, width - x);
    if (start == nullptr) return;
    const int64_t x0 = static_cast<const bool*>(start) - row;
    const void* stop = std::memchr(row + x0, 0, width - x0);
    x = stop == nullptr ? width : static_cast<const bool*>(stop) - row;
    runs.push_back({.y = y, .x0 = x0, .x1 = x, .parent = runs.size()});
  }
}

/// Joins the runs [begin, end) with those of the row above, [above, begin).
void join_with_row_above(std::vector<Run>& runs, size_t above, size_t begin, int64_t reach) {
  const size_t end = runs.size();
  size_t upper = above;
  for (size_t lower = begin; lower < end; ++lower) {
    while (upper < begin && runs[upper].x1 + reach <= runs[lower].x0) ++upper;
    for (size_t i = upper; i < begin && runs[i].x0 < runs[lower].x1 + reach; ++i) {
      join(runs, i, lower);
    }
  }
}

std::vector<Run> joined_runs(const at::Tensor& mask, int64_t reach) {
  const int64_t width = mask.size(1);
  const bool* row = mask.const_data_ptr<bool>();
  std::vector<Run> runs;
  size_t above = 0;
  for (int64_t y = 0; y < mask.size(0); ++y, row += width) {
    const size_t begin = runs.size();
    append_runs_of_row(row, width, y, runs);
    join_with_row_above(runs, above, begin, reach);
    above = begin;
  }
  return runs;
}

}  // namespace

Components connected_components(const at::Tensor& mask, Connectivity connectivity) {
  const at::Tensor pixels = contiguous_host_mask(mask, "connected_components: mask");
  if (pixels.numel() > std::numeric_limits<int32_t>::max()) {
    throw std::invalid_argument(
        "connected_components: mask: expected fewer than 2^31 pixels, got " +
        std::to_string(pixels.numel()));
  }
  std::vector<Run> runs = joined_runs(pixels, connectivity == Connectivity::kEight ? 1 : 0);
  Components result{.labels = at::zeros(pixels.sizes(), at::kInt), .components = {}};
  int32_t* labels = result.labels.mutable_data_ptr<int32_t>();
  std::vector<int32_t> label_of(runs.size());
  for (size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const size_t root = root_of(runs, i);
    if (root == i) {
      result.components.push_back(
          {.box = {.x0 = run.x0, .y0 = run.y, .x1 = run.x1, .y1 = run.y + 1}, .area_px = 0});
      label_of[i] = static_cast<int32_t>(result.components.size());
    } else {
      label_of[i] = label_of[root];
    }
    Component& component = result.components[label_of[i] - 1];
    component.box.x0 = std::min(component.box.x0, run.x0);
    component.box.x1 = std::max(component.box.x1, run.x1);
    component.box.y1 = run.y + 1;
    component.area_px += run.x1 - run.x0;
    int32_t* row = labels + run.y * pixels.size(1);
    std::fill(row + run.x0, row + run.x1, label_of[i]);
  }
  return result;
}

}  // namespace situ
