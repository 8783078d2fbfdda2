// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace situ {

/// How a map of tokens is cut into square windows: padded to multiples of the window at the right
/// and bottom, moved cyclically by `shift` to the left and up, cut row by row.
struct SwinWindows {
  std::int64_t count = 0;   // of windows
  std::int64_t tokens = 0;  // of a window
  at::Tensor source = {};   // int64 [count * tokens]: the map's token at each place, 0 at padding
  at::Tensor padding = {};  // int64 [p]: the places that hold padding
  at::Tensor place = {};    // int64 [height * width]: the place of each of the map's tokens
  at::Tensor apart = {};    // float [count, tokens, tokens]: -100 where tokens came together only
                            // by the shift, else 0; undefined without shift
};

/// For maps of height x width tokens. Throws std::invalid_argument unless all are positive and
/// 0 <= shift < window.
SwinWindows swin_windows(std::int64_t height, std::int64_t width, std::int64_t window,
                         std::int64_t shift);

/// For each pair of tokens of a window the row of the table of relative positions, int64
/// [window^2, window^2]: (dy + window - 1) * (2 window - 1) + dx + window - 1.
at::Tensor relative_position_index(std::int64_t window);

}  // namespace situ
