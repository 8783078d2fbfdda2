// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/state_shapes.h"

#include <ATen/ATen.h>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"

namespace situ {

StateDict below(const StateDict& state, const std::string& prefix) {
  StateDict part;
  for (auto it = state.lower_bound(prefix); it != state.end() && it->first.starts_with(prefix);
       ++it) {
    part.emplace(it->first.substr(prefix.size()), it->second);
  }
  return part;
}

bool has_prefix(const StateDict& state, std::string_view prefix) {
  const auto found = state.lower_bound(std::string(prefix));
  return found != state.end() && found->first.starts_with(prefix);
}

const at::Tensor& StateShapes::tensor(const std::string& key, int64_t axes) const {
  const auto found = state_.find(key);
  if (found == state_.end()) throw DataError(file_, "expected the tensor " + key + ", got none");
  if (found->second.dim() != axes || found->second.numel() == 0) {
    throw DataError(file_, "the tensor " + key + ": expected " + std::to_string(axes) +
                               " axes, got " + shape_text(found->second));
  }
  return found->second;
}

int64_t StateShapes::size(const std::string& key, int64_t axis) const {
  const auto found = state_.find(key);
  if (found == state_.end() || found->second.dim() <= axis) {
    throw DataError(file_, "the tensor " + key + " is missing or has too few axes");
  }
  return found->second.size(axis);
}

int64_t StateShapes::axes(const std::string& key) const {
  const auto found = state_.find(key);
  return found == state_.end() ? 0 : found->second.dim();
}

int64_t StateShapes::count(const std::string& front, const std::string& back) const {
  int64_t n = 0;
  while (contains(front + std::to_string(n) + back)) ++n;
  return n;
}

}  // namespace situ
