// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "situ/nn/state_dict.h"

namespace situ {

using Shapes = std::map<std::string, std::vector<int64_t>>;

/// Of a text of "key<tab>2x3" a line, given as bytes.
inline Shapes listed_shapes(const at::Tensor& text) {
  const at::Tensor bytes = text.contiguous();
  std::istringstream lines(std::string(reinterpret_cast<const char*>(bytes.const_data_ptr()),
                                       static_cast<std::size_t>(bytes.numel())));
  Shapes shapes;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream row(line);
    std::string key;
    std::getline(row, key, '\t');
    std::vector<int64_t>& shape = shapes[key];  // none for a single number
    for (std::string size; std::getline(row, size, 'x');) shape.push_back(std::stoll(size));
  }
  return shapes;
}

inline Shapes shapes_of(const StateDict& state) {
  Shapes shapes;
  for (const auto& [key, tensor] : state) shapes[key] = tensor.sizes().vec();
  return shapes;
}

/// One number each, seen in the tensor's shape.
inline StateDict shapes_only(const Shapes& shapes) {
  StateDict state;
  for (const auto& [key, shape] : shapes) state[key] = at::zeros({}).expand(shape);
  return state;
}

}  // namespace situ
