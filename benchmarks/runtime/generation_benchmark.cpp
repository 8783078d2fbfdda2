// SPDX-License-Identifier: Apache-2.0
// The engine of `situ generate` with instant models: planning a million samples, and a run over
// images of Cityscapes' size with the parts that it is made of.
#include <benchmark/benchmark.h>

#include "situ/core/memory.h"
#include "situ/core/temporary_folder.h"
#include "situ/generation/sample_labels.h"
#include "situ/generation/test_generation.h"
#include "situ/io/png_encoder.h"

namespace situ {
namespace {

constexpr int kImages = 24;
constexpr int64_t kHeight = 1024;
constexpr int64_t kWidth = 2048;

Recipe recipe_of_many(int variants) {
  nlohmann::json json = testing::recipe_json(variants);
  std::vector<std::string> names;
  for (int i = 0; i < 32; ++i) names.push_back("object " + std::to_string(i));
  json["objects"] = {{{"names", names}, {"first_id", 100}}};
  return recipe_from_json(json, {}, "benchmark");
}

void plan_a_million(benchmark::State& state) {
  Dataset dataset;
  for (int i = 0; i < 333'334; ++i) {
    const std::string id = "city/" + std::to_string(1'000'000 + i);
    dataset.samples.push_back({.id = id,
                               .image = "leftImg8bit/train/" + id + "_leftImg8bit.png",
                               .label = "gtFine/train/" + id + "_gtFine_labelTrainIds.png",
                               .instances = {},
                               .group = 0});
  }
  const Recipe recipe = recipe_of_many(3);
  for (auto _ : state) {
    const GenerationPlan plan(recipe, dataset);
    size_t bytes = 0;
    for (int64_t i = 0; i < plan.size(); ++i) bytes += plan.sample(i).image.size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["samples"] = 1'000'002;
}
BENCHMARK(plan_a_million)->Unit(benchmark::kSecond)->Iterations(1);

// A scene with the fine detail of a photo, so that coding it costs what a photo costs: noise of a
// few levels on gradients.
at::Tensor photo_like(int64_t seed) {
  at::manual_seed(static_cast<uint64_t>(seed));
  const at::Tensor rows = at::linspace(40, 200, kHeight).view({1, kHeight, 1});
  const at::Tensor columns = at::linspace(0, 40, kWidth).view({1, 1, kWidth});
  return (rows + columns + 6 * at::rand({3, kHeight, kWidth})).to(at::kByte);
}

struct CityscapesLike {
  TemporaryFolder folder;
  Recipe recipe = [] {
    nlohmann::json json = testing::recipe_json(3);
    json["place"] = {{"labels", {"road"}}};
    json["insertion"] = {{"min_side", 200}, {"max_side", 500}, {"blur", 1}};
    return recipe_from_json(json, {}, "benchmark");
  }();

  CityscapesLike() {
    for (const char* part : {"images", "labels"}) {
      std::filesystem::create_directories(folder / "source" / "val" / part);
    }
    at::Tensor labels = at::zeros({kHeight, kWidth}, at::kByte);
    labels.slice(0, 500).fill_(3);
    for (int i = 0; i < kImages; ++i) {
      const std::string name = "frame_" + std::to_string(1000 + i) + ".png";
      save_png(folder / "source" / "val" / "images" / name, photo_like(i));
      save_png(folder / "source" / "val" / "labels" / name, labels);
    }
  }
};

void run_cityscapes_size(benchmark::State& state) {
  const CityscapesLike data;
  int64_t samples = 0;
  int64_t run = 0;
  for (auto _ : state) {
    samples += testing::run_test_recipe(data.recipe, data.folder / "source",
                                        data.folder / ("out" + std::to_string(run++)))
                   .made;
  }
  state.counters["samples"] =
      benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsRate);
}
BENCHMARK(run_cityscapes_size)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

// The parts of a sample, one thread.
void parts_of_a_sample(benchmark::State& state) {
  const CityscapesLike data;
  testing::FakeModels models;
  const Dataset dataset = open_dataset("camvid", data.folder / "source", "val");
  const GenerationPlan plan(data.recipe, dataset);
  InsertionMaker maker(data.recipe, models.inpainter, models.segmenter);
  using Clock = std::chrono::steady_clock;
  std::map<std::string, double> seconds;
  int64_t count = 0;
  for (auto _ : state) {
    for (int64_t i = 0; i < plan.size(); i += 5, ++count) {
      const PlannedSample planned = plan.sample(i);
      auto last = Clock::now();
      const auto lap = [&](const char* part) {
        const auto now = Clock::now();
        seconds[part] += std::chrono::duration<double>(now - last).count();
        last = now;
      };
      SampleSource source;
      source.scene = read_image(dataset, *planned.source);
      source.labels = read_label(dataset, *planned.source);
      lap("decode");
      const MadeSample made = maker.make(planned, source);
      lap("make");
      const SampleLabels labels =
          label_sample(source.labels, made.image, data.recipe, planned.objects, made.objects);
      lap("label");
      benchmark::DoNotOptimize(encode_png(made.image));
      lap("encode image");
      for (const at::Tensor& one : {labels.labels, labels.instances, labels.anomaly}) {
        benchmark::DoNotOptimize(encode_png(one));
      }
      lap("encode labels");
      benchmark::DoNotOptimize(sample_record(planned, data.recipe, source, made, {}).dump());
      lap("record");
    }
  }
  for (const auto& [part, total] : seconds) {
    state.counters[part + " ms"] = 1000 * total / static_cast<double>(count);
  }
}
BENCHMARK(parts_of_a_sample)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace situ
