// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// How grids of tokens fall into square windows, row by row; the last ones may reach over the right
/// and the bottom.
struct TokenWindows {
  std::int64_t pictures = 1;
  std::int64_t height = 1, width = 1;  // tokens of a picture
  std::int64_t side = 1;               // tokens of a window

  std::int64_t down() const { return (height + side - 1) / side; }
  std::int64_t across() const { return (width + side - 1) / side; }
};

/// x: [B, H, W, C] to [B * windows, side * side, C]. padding: [C], or of size 1, x's dtype: the
/// tokens beyond the grid; undefined for zeros.
at::Tensor cut_into_windows(const at::Tensor& x, const TokenWindows& windows,
                            const at::Tensor& padding = {});

/// The inverse, [B * windows, side * side, C] to [B, H, W, C], without the tokens beyond the grid;
/// contiguous.
at::Tensor join_windows(const at::Tensor& x, const TokenWindows& windows);

}  // namespace situ
