// SPDX-License-Identifier: Apache-2.0
#include "situ/models/swin/swin_windows.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <vector>

namespace situ {
namespace {

constexpr float kApart = -100;  // as in the published code, rather than infinity

std::int64_t padded(std::int64_t side, std::int64_t window) {
  return (side + window - 1) / window * window;
}

// Which of the three stretches of a side a place of the moved map belongs to.
std::int64_t stretch(std::int64_t i, std::int64_t side, std::int64_t window, std::int64_t shift) {
  return (i >= side - window ? 1 : 0) + (i >= side - shift ? 1 : 0);
}

}  // namespace

SwinWindows swin_windows(std::int64_t height, std::int64_t width, std::int64_t window,
                         std::int64_t shift) {
  if (height < 1 || width < 1 || window < 1 || shift < 0 || shift >= window) {
    throw std::invalid_argument("swin_windows: expected positive sizes and a shift in the window");
  }
  const std::int64_t high = padded(height, window), wide = padded(width, window);
  const std::int64_t across = wide / window;
  SwinWindows windows{.count = high / window * across, .tokens = window * window};
  std::vector<std::int64_t> source(static_cast<std::size_t>(high * wide)), padding,
      place(static_cast<std::size_t>(height * width)), region(source.size());
  for (std::int64_t y = 0; y < high; ++y) {
    for (std::int64_t x = 0; x < wide; ++x) {
      const std::int64_t at =
          (y / window * across + x / window) * windows.tokens + y % window * window + x % window;
      const auto slot = static_cast<std::size_t>(at);
      region[slot] = 3 * stretch(y, high, window, shift) + stretch(x, wide, window, shift);
      const std::int64_t from_y = (y + shift) % high, from_x = (x + shift) % wide;
      if (from_y >= height || from_x >= width) {
        padding.push_back(at);
        continue;
      }
      source[slot] = from_y * width + from_x;
      place[static_cast<std::size_t>(source[slot])] = at;
    }
  }
  windows.source = at::tensor(source, at::kLong);
  windows.padding = at::tensor(padding, at::kLong);
  windows.place = at::tensor(place, at::kLong);
  if (shift > 0) {
    const at::Tensor of = at::tensor(region, at::kLong).view({windows.count, windows.tokens});
    windows.apart = of.unsqueeze(1).ne(of.unsqueeze(2)).to(at::kFloat).mul_(kApart);
  }
  return windows;
}

at::Tensor relative_position_index(std::int64_t window) {
  const at::Tensor side = at::arange(window, at::kLong);
  const at::Tensor y = side.view({window, 1}).expand({window, window}).reshape({-1});
  const at::Tensor x = side.view({1, window}).expand({window, window}).reshape({-1});
  const at::Tensor dy = y.unsqueeze(1) - y.unsqueeze(0) + (window - 1);
  const at::Tensor dx = x.unsqueeze(1) - x.unsqueeze(0) + (window - 1);
  return dy * (2 * window - 1) + dx;
}

}  // namespace situ
