// SPDX-License-Identifier: Apache-2.0
// Networks of the published sizes with random weights: what a step, an encoding and a decoding of a
// 512 x 512 picture take. benchmarks/runtime/peers.py times diffusers on the same.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>

#include "runtime/random_network.h"
#include "situ/models/stable_diffusion/autoencoder.h"
#include "situ/models/stable_diffusion/unet.h"
#include "situ/nn/attention.h"
#include "situ/nn/layers.h"

namespace situ {
namespace {

constexpr int64_t kPictures = 2;  // the prompt's and the negative prompt's
constexpr int64_t kTokens = 77;

nlohmann::json unet_config(bool sd2) {
  if (!sd2) return {{"in_channels", 9}, {"cross_attention_dim", 768}};
  return {{"in_channels", 9},
          {"cross_attention_dim", 1024},
          {"attention_head_dim", {5, 10, 20, 20}},
          {"use_linear_projection", true}};
}

void unet_step(benchmark::State& state, bool sd2) {
  const c10::InferenceMode inference;
  const at::ScalarType dtype = dtype_of(state);
  const UninitializedWeights guard(dtype);
  UNet unet(UNetConfig::from_json(unet_config(sd2), "configuration"));
  make_ready(*unet, dtype);
  const at::Tensor latents = at::randn({kPictures, 9, 64, 64}, dtype);
  const at::Tensor text =
      at::randn({kPictures, kTokens, unet->config().cross_attention_dim}, dtype);
  const at::Tensor time = at::full({kPictures}, 500.0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(unet(latents, time, UNetCondition{.text = text}));
  }
}

void autoencoder(benchmark::State& state, bool encode) {
  const c10::InferenceMode inference;
  const at::ScalarType dtype = dtype_of(state);
  const UninitializedWeights guard(dtype);
  const nlohmann::json config = {{"block_out_channels", {128, 256, 512, 512}},
                                 {"layers_per_block", 2}};
  const auto vae = make_autoencoder(config, "configuration");
  make_ready(vae->module(), dtype);
  const at::Tensor image =
      at::randn({1, 3, 512, 512}, dtype).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor latents = at::randn({1, 4, 64, 64}, dtype);
  for (auto _ : state) {
    benchmark::DoNotOptimize(encode ? vae->encode(image, std::nullopt) : vae->decode(latents));
  }
}

// Self-attention of SD1.5 at 64 x 64, 32 x 32 and 16 x 16 latent pixels: 8 heads of 40, 80, 160.
void attention(benchmark::State& state) {
  const c10::InferenceMode inference;
  const int64_t tokens = state.range(1), width = state.range(2), heads = 8;
  const at::Tensor x = at::randn({kPictures, tokens, width}, dtype_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(multi_head_attention(x, x, x, heads));
  const double operations = 4.0 * kPictures * tokens * tokens * width;
  state.counters["GFLOP/s"] =
      benchmark::Counter(operations / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(attention)
    ->ArgNames({"bf16", "tokens", "width"})
    ->ArgsProduct({{0, 1}, {4096}, {320}})
    ->ArgsProduct({{0, 1}, {1024}, {640}})
    ->ArgsProduct({{0, 1}, {256}, {1280}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

BENCHMARK_CAPTURE(unet_step, sd15, false)->Apply(in_both_dtypes);
BENCHMARK_CAPTURE(unet_step, sd2, true)->Apply(in_both_dtypes);
BENCHMARK_CAPTURE(autoencoder, encode, true)->Apply(in_both_dtypes);
BENCHMARK_CAPTURE(autoencoder, decode, false)->Apply(in_both_dtypes);

}  // namespace
}  // namespace situ
