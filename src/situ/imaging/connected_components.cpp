// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/connected_components.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

/// Which provisional labels turned out to be one component; the root is the smallest of them.
class DisjointLabels {
 public:
  int32_t make() {
    parents_.push_back(static_cast<int32_t>(parents_.size()));
    return parents_.back();
  }
  int32_t root(int32_t label) {
    while (parents_[label] != label) label = parents_[label] = parents_[parents_[label]];
    return label;
  }
  void join(int32_t a, int32_t b) {
    a = root(a);
    b = root(b);
    parents_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<int32_t> parents_ = {0};  // 0 is the background
};

// The first pass: labels from the neighbours above and to the left, which it joins.
void label_provisionally(const bool* mask, int32_t* labels, int64_t height, int64_t width,
                         Connectivity connectivity, DisjointLabels& sets) {
  for (int64_t y = 0; y < height; ++y) {
    const int32_t* above = y > 0 ? labels + (y - 1) * width : nullptr;
    int32_t* row = labels + y * width;
    for (int64_t x = 0; x < width; ++x) {
      if (!mask[y * width + x]) continue;
      int32_t label = x > 0 ? row[x - 1] : 0;
      const auto meet = [&](int32_t other) {
        if (other == 0 || other == label) return;
        if (label != 0) sets.join(label, other);
        label = label == 0 ? other : std::min(label, other);
      };
      if (above != nullptr) {
        meet(above[x]);
        if (connectivity == Connectivity::kEight) {
          if (x > 0) meet(above[x - 1]);
          if (x + 1 < width) meet(above[x + 1]);
        }
      }
      row[x] = label != 0 ? label : sets.make();
    }
  }
}

}  // namespace

Components connected_components(const at::Tensor& mask_in, Connectivity connectivity) {
  check_mask(mask_in, "connected_components: mask");
  const at::Tensor mask = mask_in.contiguous();
  const int64_t height = mask.size(0);
  const int64_t width = mask.size(1);
  Components result{.labels = at::zeros({height, width}, at::kInt), .components = {}};
  int32_t* labels = result.labels.data_ptr<int32_t>();
  DisjointLabels sets;
  label_provisionally(mask.const_data_ptr<bool>(), labels, height, width, connectivity, sets);

  std::vector<int32_t> final_label(1, 0);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      int32_t& label = labels[y * width + x];
      if (label == 0) continue;
      const int32_t root = sets.root(label);
      if (root >= static_cast<int32_t>(final_label.size())) final_label.resize(root + 1, 0);
      if (final_label[root] == 0) {
        result.components.push_back({.box = {.x0 = x, .y0 = y, .x1 = x + 1, .y1 = y + 1}});
        final_label[root] = static_cast<int32_t>(result.components.size());
      }
      label = final_label[root];
      Component& component = result.components[label - 1];
      ++component.area_px;
      component.box.x0 = std::min(component.box.x0, x);
      component.box.x1 = std::max(component.box.x1, x + 1);
      component.box.y1 = y + 1;
    }
  }
  return result;
}

}  // namespace situ
