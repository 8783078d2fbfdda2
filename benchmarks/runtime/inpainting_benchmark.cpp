// SPDX-License-Identifier: Apache-2.0
// One picture of the inpainter in the folder that SITU_BENCHMARK_MODEL names;
// benchmarks/runtime/peers.py sets it and times diffusers on the same folder.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "situ/backends/stable_diffusion_pipeline.h"

namespace situ {
namespace {

void inpaint(benchmark::State& state) {
  const char* folder = std::getenv("SITU_BENCHMARK_MODEL");
  if (folder == nullptr) {
    state.SkipWithError(
        "set SITU_BENCHMARK_MODEL to a model folder, or run benchmarks/runtime/peers.py");
    return;
  }
  StableDiffusionPipeline pipeline(folder, {});
  const int64_t size = pipeline.native_size();
  at::manual_seed(1);
  const at::Tensor image = at::randint(0, 256, {3, size, size}, at::kByte);
  at::Tensor mask = at::zeros({size, size}, at::kByte);
  mask.slice(0, size / 4, size).slice(1, size / 4, 3 * size / 4).fill_(255);
  const DiffusionRun run{.prompt = "A good photo of a dog", .steps = state.range(0), .seed = 1};
  for (auto _ : state)
    benchmark::DoNotOptimize(pipeline.inpaint(image, mask, size, size, run).picture);
}

BENCHMARK(inpaint)
    ->Arg(25)
    ->ArgName("steps")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MinTime(5);

}  // namespace
}  // namespace situ
