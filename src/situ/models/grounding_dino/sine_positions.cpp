// SPDX-License-Identifier: Apache-2.0
#include "situ/models/grounding_dino/sine_positions.h"

#include <ATen/ATen.h>

#include <numbers>
#include <utility>
#include <vector>

namespace situ {

at::Tensor sine_embedding(const at::Tensor& values, std::int64_t features, double temperature) {
  const at::Tensor index = at::arange(features, values.options().dtype(at::kFloat));
  const at::Tensor exponent = 2 * at::floor(index / 2) / static_cast<double>(features);
  const at::Tensor angles = values.unsqueeze(-1) / at::pow(temperature, exponent);
  const at::Tensor pairs = at::stack(
      {angles.slice(-1, 0, features, 2).sin(), angles.slice(-1, 1, features, 2).cos()}, -1);
  return pairs.flatten(-2);
}

at::Tensor coordinate_embedding(const at::Tensor& coordinates, std::int64_t features) {
  constexpr double kTemperature = 10000;
  std::vector<at::Tensor> parts;
  for (const at::Tensor& coordinate : coordinates.unbind(-1)) {
    parts.push_back(sine_embedding(coordinate * (2 * std::numbers::pi), features, kTemperature));
  }
  if (parts.size() >= 2) std::swap(parts[0], parts[1]);
  return at::cat(parts, -1);
}

at::Tensor image_positions(const at::Tensor& padding, std::int64_t height, std::int64_t width,
                           std::int64_t features, double temperature) {
  constexpr double kEpsilon = 1e-6;
  constexpr double kTurn = 2 * std::numbers::pi;
  at::Tensor y, x;
  if (padding.defined()) {
    const at::Tensor picture = padding.logical_not().to(at::kFloat);
    y = picture.cumsum(1);
    x = picture.cumsum(2);
  } else {  // rows and columns are alike: one of each
    y = at::arange(1, height + 1, at::kFloat).view({1, height, 1});
    x = at::arange(1, width + 1, at::kFloat).view({1, 1, width});
  }
  y = y / (y.narrow(1, height - 1, 1) + kEpsilon) * kTurn;
  x = x / (x.narrow(2, width - 1, 1) + kEpsilon) * kTurn;
  const std::int64_t half = features / 2;
  const auto spread = [&](const at::Tensor& values) {
    return sine_embedding(values, half, temperature).expand({values.size(0), height, width, half});
  };
  return at::cat({spread(y), spread(x)}, -1).flatten(1, 2);  // [B or 1, H * W, features]
}

}  // namespace situ
