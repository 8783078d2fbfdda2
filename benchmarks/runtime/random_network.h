// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "situ/nn/channels_last.h"
#include "situ/nn/state_dict.h"

namespace situ {

/// A network of a published size with small random weights, as a loader leaves it.
inline void make_ready(torch::nn::Module& network, at::ScalarType dtype) {
  network.eval();
  network.to(dtype);
  for (auto& [key, tensor] : state_dict(network)) {
    at::Tensor weight = tensor;
    weight.set_requires_grad(false);
    weight.uniform_(-0.02, 0.02);
  }
  use_channels_last(network);
}

/// Of the argument "bf16".
inline at::ScalarType dtype_of(const benchmark::State& state) {
  return state.range(0) == 0 ? at::kFloat : at::kBFloat16;
}

inline void in_both_dtypes(benchmark::internal::Benchmark* b) {
  b->ArgName("bf16")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(3);
}

}  // namespace situ
