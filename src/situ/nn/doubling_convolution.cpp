// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/doubling_convolution.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace situ {
namespace {

// Taps 0, 1, 2 along `axis` fall on two input pixels: for even output pixels on the one before (0)
// and the own (1 and 2), for odd ones on the own (0 and 1) and the one after (2).
at::Tensor folded(const at::Tensor& weight, int64_t axis, bool odd) {
  const std::vector<at::Tensor> tap = weight.split(1, axis);
  return odd ? at::cat({tap[0] + tap[1], tap[2]}, axis) : at::cat({tap[0], tap[1] + tap[2]}, axis);
}

}  // namespace

at::Tensor doubling_convolution(const at::Tensor& input, const at::Tensor& weight,
                                const at::Tensor& bias) {
  const int64_t height = input.size(2), width = input.size(3);
  const at::Tensor out = at::empty({input.size(0), weight.size(0), 2 * height, 2 * width},
                                   input.options(), at::MemoryFormat::ChannelsLast);
  const at::Tensor sums = weight.to(at::kFloat);
  for (const int64_t row : {0, 1}) {
    for (const int64_t column : {0, 1}) {
      const at::Tensor kernel = folded(folded(sums, 2, row == 1), 3, column == 1)
                                    .to(weight.scalar_type())
                                    .contiguous(at::MemoryFormat::ChannelsLast);
      const at::Tensor all = at::conv2d(input, kernel, bias, /*stride=*/1, /*padding=*/1);
      out.slice(2, row, {}, 2)
          .slice(3, column, {}, 2)
          .copy_(all.narrow(2, row, height).narrow(3, column, width));
    }
  }
  return out;
}

bool suits_doubling_convolution(const at::Tensor& input, const at::Tensor& weight) {
  constexpr int64_t kLargePicture = 32 * 32;
  const bool gradients =
      c10::GradMode::is_enabled() && (input.requires_grad() || weight.requires_grad());
  return input.is_cpu() && !gradients && input.size(2) * input.size(3) >= kLargePicture;
}

}  // namespace situ
