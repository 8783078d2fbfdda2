// SPDX-License-Identifier: Apache-2.0
// Grounding DINO and Segment Anything in their published sizes with random weights: the first and a
// further prompt on a picture. benchmarks/runtime/grounding_peers.py times transformers on the
// same.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "runtime/random_network.h"
#include "situ/models/grounding_dino/grounding_dino.h"
#include "situ/models/grounding_dino/image_preparation.h"
#include "situ/models/segment_anything/segment_anything.h"

namespace situ {
namespace {

// "a dog. a cat." in a photo of 1600 x 1067, seen at 1200 x 800, as the detector does it: the first
// prompt prepares and encodes the photo, a further one encodes its text alone.
void grounding_dino(benchmark::State& state, bool further) {
  const c10::InferenceMode inference;
  const at::ScalarType dtype = dtype_of(state);
  const UninitializedWeights guard(dtype);
  GroundingDino network(GroundingDinoConfig{});
  make_ready(*network, dtype);
  const at::Tensor photo = at::randint(256, {3, 1067, 1600}, at::kByte);
  const auto encoded = [&] {
    const at::Tensor pixels = detector_pixels(photo, DinoProcessing::kOriginal);
    return network->encode_image(pixels.unsqueeze(0).to(dtype));
  };
  const at::Tensor tokens =
      at::tensor({101, 1037, 3899, 1012, 1037, 4937, 1012, 102}, at::kLong).unsqueeze(0);
  const ImageFeatures seen = encoded();
  for (auto _ : state) {
    const ImageFeatures image = further ? seen : encoded();
    benchmark::DoNotOptimize(network->detect(image, network->encode_text(tokens)));
  }
}

SamConfig sam_config(bool huge) {
  SamConfig config;
  if (!huge) return config;
  config.vision.hidden_size = 1280;
  config.vision.mlp_dim = 5120;
  config.vision.num_hidden_layers = 32;
  config.vision.num_attention_heads = 16;
  config.vision.global_attn_indexes = {7, 15, 23, 31};
  return config;
}

void sam_image(benchmark::State& state, bool huge) {
  const c10::InferenceMode inference;
  const at::ScalarType dtype = dtype_of(state);
  const UninitializedWeights guard(dtype);
  SegmentAnything network(sam_config(huge));
  make_ready(*network, dtype);
  const at::Tensor pixels = at::randn({1, 3, 1024, 1024}, dtype);
  for (auto _ : state) benchmark::DoNotOptimize(network->encode_image(pixels));
}

void sam_prompt(benchmark::State& state) {
  const c10::InferenceMode inference;
  const at::ScalarType dtype = dtype_of(state);
  const UninitializedWeights guard(dtype);
  SegmentAnything network(sam_config(false));
  make_ready(*network, dtype);
  const at::Tensor embedding = at::randn({1, 256, 64, 64}, dtype);
  const SamPrompts box{.boxes = at::tensor({100.0F, 200.0F, 500.0F, 700.0F}).view({1, 4})};
  for (auto _ : state) benchmark::DoNotOptimize(network->decode(embedding, box, false));
}

BENCHMARK_CAPTURE(grounding_dino, first_prompt, false)->Apply(in_both_dtypes);
BENCHMARK_CAPTURE(grounding_dino, further_prompt, true)->Apply(in_both_dtypes);
BENCHMARK_CAPTURE(sam_image, vit_b, false)->Apply(in_both_dtypes);
BENCHMARK_CAPTURE(sam_image, vit_h, true)->Apply(in_both_dtypes);
BENCHMARK(sam_prompt)->Apply(in_both_dtypes);

}  // namespace
}  // namespace situ
