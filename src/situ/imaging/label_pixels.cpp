// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/label_pixels.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <vector>

#include "situ/core/tensor_check.h"

namespace situ {
namespace {

// Ids up to this have a place in the table: all that a label file can hold.
constexpr int64_t kTableSize = 65536;

template <class Label>
at::Tensor look_up(const at::Tensor& labels, const std::vector<uint8_t>& wanted) {
  const at::Tensor contiguous = labels.contiguous();
  at::Tensor found = at::empty(contiguous.sizes(), at::kBool);
  const Label* label = contiguous.const_data_ptr<Label>();
  bool* is_wanted = found.data_ptr<bool>();
  const int64_t count = contiguous.numel();
  for (int64_t i = 0; i < count; ++i) {
    const auto id = static_cast<uint32_t>(label[i]);
    is_wanted[i] = id < wanted.size() && wanted[id] != 0;
  }
  return found;
}

}  // namespace

at::Tensor pixels_with(const at::Tensor& labels, std::span<const int64_t> ids) {
  check_shape(labels, {"H", "W"}, "pixels_with: labels");
  std::vector<uint8_t> wanted(kTableSize, 0);
  for (const int64_t id : ids) {
    if (id >= 0 && id < kTableSize) wanted[static_cast<size_t>(id)] = 1;
  }
  if (labels.scalar_type() == at::kByte) return look_up<uint8_t>(labels, wanted);
  check_dtype(labels, at::kInt, "pixels_with: labels");
  return look_up<int32_t>(labels, wanted);
}

}  // namespace situ
