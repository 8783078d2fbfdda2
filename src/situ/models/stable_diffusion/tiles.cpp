// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/tiles.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace situ {
namespace {

constexpr int64_t kOverlap = 4;  // one part of so many

// The first `extent` pixels of `next` along `axis` fade from the last ones of `before`, in place.
void fade(const at::Tensor& before, const at::Tensor& next, int64_t axis, int64_t extent) {
  const int64_t n = std::min({before.size(axis), next.size(axis), extent});
  std::vector<int64_t> shape(4, 1);
  shape[static_cast<std::size_t>(axis)] = n;
  const at::Tensor share =
      at::arange(n, next.options().dtype(at::kFloat)).div(static_cast<double>(n)).view(shape);
  const at::Tensor target = next.narrow(axis, 0, n);
  target.copy_(before.narrow(axis, before.size(axis) - n, n) * (1 - share) + target * share);
}

}  // namespace

at::Tensor applied_in_tiles(const at::Tensor& input, const TileSize& tile,
                            const std::function<at::Tensor(const at::Tensor&)>& network) {
  if (tile.input < kOverlap || tile.output < kOverlap) {
    throw std::invalid_argument("tiles of " + std::to_string(tile.input) + " to " +
                                std::to_string(tile.output) + " pixels are too small to overlap");
  }
  const int64_t step = tile.input * (kOverlap - 1) / kOverlap;
  const int64_t extent = tile.output / kOverlap;
  const int64_t kept = tile.output - extent;
  const int64_t height = input.size(2), width = input.size(3);
  std::vector<at::Tensor> above, rows;
  for (int64_t top = 0; top < height; top += step) {
    std::vector<at::Tensor> row, pieces;
    for (int64_t left = 0; left < width; left += step) {
      const at::Tensor window = input.narrow(2, top, std::min(tile.input, height - top))
                                    .narrow(3, left, std::min(tile.input, width - left));
      const at::Tensor result = network(window);
      if (top > 0) fade(above[row.size()], result, 2, extent);
      if (left > 0) fade(row.back(), result, 3, extent);
      row.push_back(result);
      pieces.push_back(result.narrow(2, 0, std::min(kept, result.size(2)))
                           .narrow(3, 0, std::min(kept, result.size(3))));
    }
    rows.push_back(at::cat(pieces, 3));
    above = std::move(row);
  }
  return at::cat(rows, 2);
}

}  // namespace situ
