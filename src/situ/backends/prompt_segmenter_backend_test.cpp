// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_segmenter_backend.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "situ/core/errors.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/json_file.h"
#include "situ/io/safetensors.h"
#include "situ/models/prompt_segmenter/known_prompts.h"
#include "situ/models/prompt_segmenter/prompt_segmenter.h"
#include "situ/nn/state_dict.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

/// A tiny model with random weights that answers every pixel with the logit `bias`, or with one
/// that depends on the picture where `scale` is not 0.
class SavedModel {
 public:
  explicit SavedModel(double bias, double scale = 0) {
    at::manual_seed(1);
    PromptSegmenterConfig config;
    config.stage_channels = {4, 4, 4, 4};
    config.blocks_per_stage = 1;
    config.decoder_channels = 4;
    config.feature_size = 4;
    config.end_of_text_id = 8;
    config.text.vocab_size = 9;
    config.text.hidden_size = 8;
    config.text.intermediate_size = 8;
    config.text.num_hidden_layers = 1;
    config.text.num_attention_heads = 2;
    config.text.max_position_embeddings = 6;
    PromptSegmenter network(config);
    StateDict state;
    for (const auto& [key, tensor] : state_dict(*network)) state[key] = tensor.detach().clone();
    state["logit_bias"].fill_(bias);
    state["logit_scale"].fill_(scale == 0 ? -30.0 : std::log(scale));
    save_safetensors(folder_ / "model.safetensors", state);
    save_json(folder_ / "config.json", config.to_json());
    const KnownPrompts vocabulary{
        .prompts = {{.name = "dog", .phrases = {"puppy"}, .kind = PromptKind::kObject},
                    {.name = "road", .phrases = {"street"}, .kind = PromptKind::kLocation}},
        .threshold = 0.5};
    save_json(folder_ / "vocabulary.json", vocabulary.to_json());
    fs::create_directories(folder_ / "tokenizer");
    write("tokenizer/vocab.json", R"({"d":0,"o":1,"g</w>":2,"do":3,"dog</w>":4,"!</w>":5,"!":6,
                                      "<|startoftext|>":7,"<|endoftext|>":8})");
    write("tokenizer/merges.txt", "#version: 0.2\nd o\ndo g</w>\n");
  }

  const fs::path& path() const { return folder_.path(); }
  void write(const char* name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

 private:
  TemporaryFolder folder_;
};

at::Tensor picture(int64_t height, int64_t width) {
  at::manual_seed(3);
  return at::randint(0, 256, {3, height, width}, at::kByte);
}

TEST(PromptSegmenterBackend, GivesOneDetectionForEachPhraseThatIsFound) {
  const SavedModel model(/*bias=*/2);
  const auto segmenter = load_prompt_segmenter(model.path(), {});
  const std::vector<Detection> found = segmenter->segment(picture(50, 70), "A dog. The street.");
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].phrase, "dog");
  EXPECT_EQ(found[1].phrase, "street");
  for (const Detection& one : found) {
    EXPECT_EQ(one.mask.sizes(), at::IntArrayRef({50, 70}));
    EXPECT_EQ(one.mask.scalar_type(), at::kBool);
    EXPECT_EQ(one.box, (Box{0, 0, 70, 50}));
    EXPECT_NEAR(one.score, 1 / (1 + std::exp(-2.0)), 1e-4);
  }
}

TEST(PromptSegmenterBackend, FindsNothingWhereNoPixelPassesTheThreshold) {
  const SavedModel model(/*bias=*/-2);
  const auto segmenter = load_prompt_segmenter(model.path(), {});
  EXPECT_TRUE(segmenter->segment(picture(50, 70), "a dog").empty());
}

TEST(PromptSegmenterBackend, DropsSpecksOfObjectsButNotOfLocations) {
  const SavedModel model(/*bias=*/0, /*scale=*/8);
  const auto specks_kept = load_prompt_segmenter(model.path(), {}, {.min_component = 0});
  const auto specks_dropped = load_prompt_segmenter(model.path(), {}, {.min_component = 1});
  const at::Tensor image = picture(160, 160);
  const auto dog = specks_kept->segment(image, "dog");
  const auto road = specks_kept->segment(image, "road");
  ASSERT_FALSE(dog.empty() && road.empty());  // a random network, yet not silent for both
  if (!dog.empty() && dog[0].mask.sum().item<int64_t>() < image[0].numel()) {
    EXPECT_TRUE(specks_dropped->segment(image, "dog").empty());
  }
  const auto same_road = specks_dropped->segment(image, "road");
  ASSERT_EQ(road.size(), same_road.size());
  if (!road.empty()) {
    EXPECT_TRUE(at::equal(road[0].mask, same_road[0].mask));
  }
}

TEST(PromptSegmenterBackend, TakesLargeSmallAndNarrowImages) {
  const SavedModel model(/*bias=*/1);
  const auto segmenter =
      load_prompt_segmenter(model.path(), {}, {.max_side_px = 64, .min_side_px = 64});
  for (const auto& [height, width] : {std::pair{200, 300}, {8, 5}, {4, 400}}) {
    const auto found = segmenter->segment(picture(height, width), "road");
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found[0].mask.sizes(), at::IntArrayRef({height, width}));
  }
  EXPECT_THROW(segmenter->segment(picture(3, 50), "road"), std::invalid_argument);
  EXPECT_THROW(segmenter->segment(at::zeros({3, 50, 50}), "road"), std::invalid_argument);
}

TEST(PromptSegmenterBackend, NamesTheNearestKnownPhraseForAnUnknownOne) {
  const SavedModel model(/*bias=*/1);
  const auto segmenter = load_prompt_segmenter(model.path(), {});
  try {
    segmenter->segment(picture(32, 32), "a dog. a pupy.");
    FAIL();
  } catch (const UnknownPrompt& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("pupy"), testing::HasSubstr("puppy")));
  }
  EXPECT_THROW(segmenter->segment(picture(32, 32), " . "), UnknownPrompt);
}

TEST(PromptSegmenterBackend, RefusesABrokenFolder) {
  const auto complaint = [](const SavedModel& model) -> std::string {
    try {
      load_prompt_segmenter(model.path(), {});
    } catch (const DataError& error) {
      return error.what();
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  };
  {
    const SavedModel model(0);
    model.write("config.json", "{}");
    EXPECT_THAT(complaint(model), testing::HasSubstr("config.json"));
  }
  {
    const SavedModel model(0);
    model.write("vocabulary.json", "[1");
    EXPECT_THAT(complaint(model), testing::HasSubstr("vocabulary.json"));
  }
  {
    const SavedModel model(0);
    save_safetensors(model.path() / "model.safetensors", {{"extra", at::zeros({1})}});
    EXPECT_THAT(complaint(model), testing::HasSubstr("missing"));
  }
  {
    const SavedModel model(0);
    fs::remove(model.path() / "model.safetensors");
    EXPECT_THAT(complaint(model), testing::HasSubstr("model.safetensors"));
  }
}

TEST(PromptSegmenterBackend, RefusesOptionsOutOfBounds) {
  EXPECT_THROW(PromptSegmenterOptions{.max_side_px = 8}.validate(), std::invalid_argument);
  EXPECT_THROW((PromptSegmenterOptions{.max_side_px = 100, .min_side_px = 200}.validate()),
               std::invalid_argument);
  EXPECT_THROW(PromptSegmenterOptions{.min_component = 2}.validate(), std::invalid_argument);
}

}  // namespace
}  // namespace situ
