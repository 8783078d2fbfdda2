// SPDX-License-Identifier: Apache-2.0
#include "situ/models/segment_anything/channel_norm.h"

#include <ATen/ATen.h>

namespace situ {

ChannelNormImpl::ChannelNormImpl(std::int64_t channels, double eps)
    : eps_(eps),
      weight_(register_parameter("weight", at::ones({channels}))),
      bias_(register_parameter("bias", at::zeros({channels}))) {}

at::Tensor ChannelNormImpl::forward(const at::Tensor& x) {
  const at::Tensor last = x.permute({0, 2, 3, 1});
  return at::layer_norm(last, {last.size(3)}, weight_, bias_, eps_).permute({0, 3, 1, 2});
}

}  // namespace situ
