// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace situ {

/// The sides of square tiles before and after a network that changes sizes by their ratio.
struct TileSize {
  int64_t input = 0;
  int64_t output = 0;
};

/// `network` on overlapping tiles of `input` [B, C, H, W], so that memory does not grow with the
/// picture. Tiles overlap by a quarter, where they fade into each other linearly: as diffusers'
/// tiled autoencoder, tile for tile. Throws std::invalid_argument for tiles too small to overlap.
at::Tensor applied_in_tiles(const at::Tensor& input, const TileSize& tile,
                            const std::function<at::Tensor(const at::Tensor&)>& network);

}  // namespace situ
