// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "situ/nn/state_dict.h"

namespace situ {

/// The tensors whose keys begin with `prefix`, without it.
StateDict below(const StateDict& state, const std::string& prefix);

/// Whether a key begins with `prefix`.
bool has_prefix(const StateDict& state, std::string_view prefix);

/// Reads a network's sizes off the shapes of its tensors; looks at `state` and `file`.
class StateShapes {
 public:
  StateShapes(const StateDict& state, const std::string& file) : state_(state), file_(file) {}

  /// Throws DataError where there is no such tensor, it has not as many axes, or nothing in it.
  const at::Tensor& tensor(const std::string& key, int64_t axes) const;
  /// Throws DataError where there is no such tensor or axis.
  int64_t size(const std::string& key, int64_t axis) const;
  /// 0 where there is no such tensor.
  int64_t axes(const std::string& key) const;
  /// How many of <front>0<back>, <front>1<back>, … there are.
  int64_t count(const std::string& front, const std::string& back) const;
  bool contains(const std::string& prefix) const { return has_prefix(state_, prefix); }

 private:
  const StateDict& state_;
  const std::string& file_;
};

}  // namespace situ
