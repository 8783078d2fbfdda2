// SPDX-License-Identifier: Apache-2.0
#include "situ/training/segmenter_training.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "situ/core/errors.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/models/prompt_segmenter/known_prompts.h"
#include "situ/models/prompt_segmenter/prompt_segmenter.h"
#include "situ/nn/state_dict.h"
#include "situ/training/composition/made_data.h"
#include "situ/training/optimizer.h"
#include "situ/training/segmenter_batch.h"

namespace situ {
namespace {

/// Two grey roads, a red dog and a blue cat.
class SegmenterTrainingTest : public testing::Test {
 protected:
  SegmenterTrainingTest()
      : vocabulary_{{made::plain_name("dog"), made::plain_name("cat")}},
        scenes_({made::half_road_scene(folder_, "a", 96, 128),
                 made::half_road_scene(folder_, "b", 112, 144)}),
        cutouts_(vocabulary_, {{made::plain_cutout(40, 40, 250, 20, 20, true)},
                               {made::plain_cutout(40, 40, 20, 20, 250, true)}}),
        composer_(scenes_, cutouts_,
                  {.crop_size = 64, .min_window_px = 150, .max_window_px = 250}) {
    folder_.write("tokenizer/vocab.json",
                  R"({"a</w>":0,"d":1,"o":2,"g</w>":3,"do":4,"dog</w>":5,"c":6,"t</w>":7,"ca":8,
                      "cat</w>":9,"a":10,"<|startoftext|>":11,"<|endoftext|>":12})");
    folder_.write("tokenizer/merges.txt", "#version: 0.2\nd o\ndo g</w>\nc a\nca t</w>\n");
  }

  SegmenterSetup setup() const {
    PromptSegmenterConfig config;
    config.stage_channels = {8, 12, 16, 16};
    config.blocks_per_stage = 1;
    config.decoder_channels = 12;
    config.feature_size = 8;
    config.text.hidden_size = 16;
    config.text.intermediate_size = 16;
    config.text.num_hidden_layers = 1;
    config.text.num_attention_heads = 2;
    config.text.max_position_embeddings = 8;
    return {.config = config.to_json(),
            .tokenizer_folder = folder_.path() / "tokenizer",
            .autoencoder_folder = std::nullopt};
  }

  SegmenterTrainingOptions options() const {
    SegmenterTrainingOptions options;
    options.window_sizes_px = {64};
    options.statistics_batches = 2;
    return options;
  }

  std::unique_ptr<TrainingTask> task() const {
    return make_segmenter_training({.vocabulary = vocabulary_,
                                    .scenes = scenes_,
                                    .composer = composer_,
                                    .held_out_scenes = scenes_,
                                    .held_out_composer = composer_},
                                   setup(), options());
  }

  made::Folder folder_;
  Vocabulary vocabulary_;
  SceneSource scenes_;
  CutoutSource cutouts_;
  CropComposer composer_;
};

SegmenterMixture mixture(std::vector<int64_t> sizes) {
  SegmenterMixture mixture;
  mixture.window_sizes = std::move(sizes);
  return mixture;
}

std::vector<std::uint64_t> seeds_of(int64_t step, int64_t count) {
  std::vector<std::uint64_t> seeds;
  for (int64_t i = 0; i < count; ++i) seeds.push_back(derive_seed(1, "test", step, i));
  return seeds;
}

// The same four samples at every step: what a working gradient learns within seconds.
TEST_F(SegmenterTrainingTest, LowersTheLossOfABatchThatItSeesAgain) {
  at::manual_seed(1);
  const auto training = task();
  Optimizer optimizer(training->module(), {.weight_decay = 0});
  at::Generator noise;
  double first = 0, last = 0;
  constexpr int kSteps = 30;
  for (int step = 0; step < kSteps; ++step) {
    const at::Tensor loss = training->loss(seeds_of(0, 4), noise);
    loss.backward();
    optimizer.step(5e-3);
    if (step < 3) first += loss.item<double>();
    if (step >= kSteps - 3) last += loss.item<double>();
  }
  EXPECT_LT(last, 0.7 * first);
}

TEST_F(SegmenterTrainingTest, SavesAModelThatLoadsAndDrawsASheet) {
  const auto training = task();
  training->save_model(folder_.path() / "model");
  const std::filesystem::path model = folder_.path() / "model";
  EXPECT_TRUE(std::filesystem::exists(model / "tokenizer" / "vocab.json"));
  const auto vocabulary =
      KnownPrompts::from_json(load_json(model / "vocabulary.json"), "vocabulary.json");
  EXPECT_TRUE(vocabulary.find("the cat"));
  EXPECT_TRUE(vocabulary.find("road"));
  const auto config =
      PromptSegmenterConfig::from_json(load_json(model / "config.json"), "config.json");
  EXPECT_EQ(config.text.vocab_size, 13);
  EXPECT_EQ(config.end_of_text_id, 12);
  const SafetensorsFile file(model / "model.safetensors");
  StateDict state;
  for (const std::string& name : file.names()) state[name] = file.tensor(name);
  EXPECT_EQ(state.at("stem1.conv.weight").scalar_type(), at::kHalf);
  EXPECT_EQ(state.at("stem1.norm.running_var").scalar_type(), at::kFloat);
  PromptSegmenter network(config);
  EXPECT_NO_THROW(load_state_dict(*network, state, "model.safetensors"));

  const at::NoGradGuard no_gradients;
  const at::Tensor sheet = training->sample_sheet();
  EXPECT_EQ(sheet.dim(), 3);
  EXPECT_EQ(sheet.size(0), 3);
  EXPECT_EQ(sheet.scalar_type(), at::kByte);
}

TEST_F(SegmenterTrainingTest, AsksForTheSameOfTheSameSeeds) {
  const SegmenterPrompts prompts(vocabulary_);
  const SegmenterBatches batches(scenes_, composer_, prompts, nullptr, mixture({64, 96}));
  const SegmenterBatch a = batches.make(seeds_of(3, 6));
  const SegmenterBatch b = batches.make(seeds_of(3, 6));
  EXPECT_TRUE(at::equal(a.images, b.images));
  EXPECT_TRUE(at::equal(a.truth, b.truth));
  EXPECT_EQ(a.prompts, b.prompts);
}

TEST_F(SegmenterTrainingTest, TeachesEachPixelOnlyWhatIsKnown) {
  const SegmenterPrompts prompts(vocabulary_);
  const SegmenterBatches batches(scenes_, composer_, prompts, nullptr, mixture({64}));
  for (int64_t step = 0; step < 20; ++step) {
    const SegmenterBatch batch = batches.make(seeds_of(step, 6));
    ASSERT_EQ(batch.images.sizes(), at::IntArrayRef({6, 3, 64, 64}));
    ASSERT_EQ(batch.truth.sizes(),
              at::IntArrayRef({6, static_cast<int64_t>(batch.prompts.size()), 16, 16}));
    // Scenes: the whole picture is known, and sky and road share it out.
    EXPECT_NEAR(batch.known.slice(0, 0, 3).min().item<double>(), 1, 1e-5);
    const at::Tensor named = batch.truth.slice(0, 0, 3).slice(1, 0, batch.location_count).sum(1);
    EXPECT_TRUE(at::allclose(named, at::ones_like(named), 1e-4, 1e-4));
    // Crops: locations are denied on the object alone; nothing is affirmed at cell resolution.
    EXPECT_EQ(batch.truth.slice(0, 3).max().item<double>(), 0);
    for (std::size_t i = 0; i < batch.own_rows.size(); ++i) {
      EXPECT_GE(batch.own_rows[i], 3);
      EXPECT_EQ(batch.known[batch.own_rows[i]][batch.own_columns[i]].max().item<double>(), 0);
      EXPECT_TRUE(batch.own_choices[i][batch.own_columns[i]].item<bool>());
      EXPECT_EQ(batch.own_choices[i].sum().item<int64_t>(), 2);  // the dog and the cat, no location
      const at::Tensor cells = at::avg_pool2d(batch.own_truth[i], {4, 4}).squeeze(0);
      EXPECT_TRUE(at::allclose(batch.known[batch.own_rows[i]][batch.road], cells, 1e-4, 1e-4));
    }
  }
}

TEST_F(SegmenterTrainingTest, RefusesOptionsOutOfBounds) {
  SegmenterTrainingOptions broken = options();
  broken.window_sizes_px = {100};
  EXPECT_THROW(broken.validate(), std::invalid_argument);
  broken = options();
  broken.scene_share = 1.5;
  EXPECT_THROW(broken.validate(), std::invalid_argument);
  broken = options();
  broken.threshold = 1;
  EXPECT_THROW(broken.validate(), std::invalid_argument);
}

TEST_F(SegmenterTrainingTest, RefusesABrokenNetworkConfiguration) {
  SegmenterSetup broken = setup();
  broken.config.erase("feature_size");
  const SegmenterData data{.vocabulary = vocabulary_,
                           .scenes = scenes_,
                           .composer = composer_,
                           .held_out_scenes = scenes_,
                           .held_out_composer = composer_};
  EXPECT_THROW(make_segmenter_training(data, broken, options()), DataError);
}

}  // namespace
}  // namespace situ
