// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/token_windows.h"

#include <ATen/ATen.h>

namespace situ {
namespace {

at::Tensor padded(const at::Tensor& x, const TokenWindows& w, const at::Tensor& padding) {
  const std::int64_t high = w.down() * w.side, wide = w.across() * w.side;
  if (high == w.height && wide == w.width) return x;
  if (!padding.defined()) {
    return at::constant_pad_nd(x, {0, 0, 0, wide - w.width, 0, high - w.height});
  }
  const at::Tensor full = padding.expand({w.pictures, high, wide, x.size(3)}).clone();
  full.narrow(1, 0, w.height).narrow(2, 0, w.width).copy_(x);
  return full;
}

}  // namespace

at::Tensor cut_into_windows(const at::Tensor& x, const TokenWindows& w, const at::Tensor& padding) {
  return padded(x, w, padding)
      .reshape({w.pictures, w.down(), w.side, w.across(), w.side, x.size(3)})
      .transpose(2, 3)
      .reshape({-1, w.side * w.side, x.size(3)});
}

at::Tensor join_windows(const at::Tensor& x, const TokenWindows& w) {
  return x.reshape({w.pictures, w.down(), w.across(), w.side, w.side, x.size(2)})
      .transpose(2, 3)
      .reshape({w.pictures, w.down() * w.side, w.across() * w.side, x.size(2)})
      .narrow(1, 0, w.height)
      .narrow(2, 0, w.width)
      .contiguous();
}

}  // namespace situ
