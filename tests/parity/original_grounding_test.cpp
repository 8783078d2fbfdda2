// SPDX-License-Identifier: Apache-2.0
// The layouts of the original checkpoints of Grounding DINO and Segment Anything, in their true
// sizes: lists of their tensors lie outside the repository. Tensors are made, never filled, so that
// their memory is never touched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parity/seeded_weights.h"
#include "situ/backends/checkpoint_kind.h"
#include "situ/backends/grounding_dino_keys.h"
#include "situ/backends/segment_anything_keys.h"
#include "situ/core/errors.h"
#include "situ/models/grounding_dino/grounding_dino.h"
#include "situ/models/segment_anything/segment_anything.h"

namespace situ {
namespace {

std::filesystem::path list_of(const char* name) {
  const char* set = std::getenv("SITU_SHARED_DIR");
  const std::filesystem::path shared =
      set != nullptr ? std::filesystem::path(set)
                     : std::filesystem::path(SITU_SOURCE_DIR) / ".." / "shared";
  return shared / "reference" / "keys" / name;
}

// "name<tab>(1, 2)<tab>torch.float32"
StateDict tensors_of(const std::filesystem::path& list) {
  StateDict state;
  std::ifstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream row(line);
    std::string name, shape;
    std::getline(row, name, '\t');
    std::getline(row, shape, '\t');
    std::vector<int64_t> sizes;
    std::istringstream numbers(shape.substr(1));
    for (std::string one; std::getline(numbers, one, ',');) {
      if (one.find_first_of("0123456789") != std::string::npos) sizes.push_back(std::stoll(one));
    }
    state[name] = at::empty(sizes, line.ends_with("int64") ? at::kLong : at::kFloat);
  }
  return state;
}

std::map<std::string, std::vector<int64_t>> shapes_of(const StateDict& state) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& [key, tensor] : state) shapes[key] = tensor.sizes().vec();
  return shapes;
}

// Both directions, for tensors that the network has.
void expect_round_trip(const StateDict& original, const StateDict& back) {
  for (const auto& [key, shape] : shapes_of(back)) {
    ASSERT_TRUE(original.contains(key)) << key;
    EXPECT_EQ(original.at(key).sizes().vec(), shape) << key;
  }
}

TEST(OriginalGroundingDino, HasEveryTensorOfTheNetworkAndIsMadeOfThemAgain) {
  const std::filesystem::path list = list_of("gdino_swint_tensors.txt");
  if (!std::filesystem::exists(list)) GTEST_SKIP() << "no list of tensors: expected " << list;
  const StateDict original = tensors_of(list);
  ASSERT_GT(original.size(), 900U);
  EXPECT_EQ(checkpoint_kind(original), CheckpointKind::kGroundingDino);
  const StateDict canonical = grounding_dino_from_original(original);
  const GroundingDinoConfig config = grounding_dino_config_of(canonical, "list");
  EXPECT_EQ(config.backbone.depths, (std::vector<int64_t>{2, 2, 6, 2}));
  EXPECT_EQ(config.backbone.window_size, 7);
  EXPECT_EQ(config.num_queries, 900);
  const UninitializedWeights guard(at::kFloat);
  GroundingDino network(config);
  EXPECT_EQ(shapes_of(canonical), shapes_of(state_dict(*network)));

  const StateDict back = grounding_dino_to_original(canonical);
  expect_round_trip(original, back);
  for (const auto& [key, tensor] : original) {
    const bool gone = key.ends_with("relative_position_index") || key.starts_with("bert.pooler.");
    EXPECT_EQ(back.contains(key), !gone) << key;
  }
}

TEST(OriginalGroundingDino, KeepsItsNumbersWhereTensorsAreSplitAndJoined) {
  StateDict original;
  original["module.transformer.decoder.layers.0.ca_text.in_proj_weight"] =
      at::arange(12, at::kFloat).view({6, 2});
  const StateDict canonical = grounding_dino_from_original(original);
  EXPECT_TRUE(canonical.at("model.decoder.layers.0.encoder_attn_text.value.weight")
                  .equal(at::arange(8, 12, at::kFloat).view({2, 2})));
  const StateDict back = grounding_dino_to_original(canonical);
  EXPECT_TRUE(back.at("transformer.decoder.layers.0.ca_text.in_proj_weight")
                  .equal(original.begin()->second));
}

TEST(OriginalSegmentAnything, HasEveryTensorOfTheNetworkAndIsMadeOfThemAgain) {
  const std::filesystem::path list = list_of("sam_vit_h_tensors.txt");
  if (!std::filesystem::exists(list)) GTEST_SKIP() << "no list of tensors: expected " << list;
  const StateDict original = tensors_of(list);
  ASSERT_EQ(original.size(), 594U);
  EXPECT_EQ(checkpoint_kind(original), CheckpointKind::kSegmentAnything);
  const StateDict canonical = sam_from_original(original);
  const SamConfig config = sam_config_of(canonical, "list");
  EXPECT_EQ(config.vision.num_hidden_layers, 32);
  EXPECT_EQ(config.vision.global_attn_indexes, (std::vector<int64_t>{7, 15, 23, 31}));
  EXPECT_EQ(config.vision.window_size, 14);
  const UninitializedWeights guard(at::kFloat);
  SegmentAnything network(config);
  EXPECT_EQ(shapes_of(canonical), shapes_of(state_dict(*network)));
  EXPECT_EQ(shapes_of(sam_to_original(canonical)), shapes_of(original));
}

// Numbers and places: there and back again from a network's own tensors.
void expect_same(const StateDict& got, const StateDict& expected) {
  ASSERT_EQ(shapes_of(got), shapes_of(expected));
  for (const auto& [key, tensor] : expected) EXPECT_TRUE(got.at(key).equal(tensor)) << key;
}

TEST(OriginalGroundingDino, GivesBackWhatANetworkHolds) {
  const c10::InferenceMode inference;
  GroundingDinoConfig config;
  config.text.hidden_size = 16;
  config.text.vocab_size = 50;
  config.text.intermediate_size = 8;
  config.text.num_hidden_layers = 1;
  config.backbone.embed_dim = 12;
  config.encoder_layers = config.decoder_layers = 2;
  config.encoder_ffn_dim = config.decoder_ffn_dim = 8;
  config.num_queries = 5;
  GroundingDino network(config);
  fill_with_seeded_weights(*network);
  const StateDict state = state_dict(*network);
  const StateDict original = grounding_dino_to_original(state);
  EXPECT_TRUE(original.contains("transformer.decoder.bbox_embed.1.layers.2.bias"));
  EXPECT_TRUE(original.contains("backbone.0.layers.2.blocks.5.attn.qkv.weight"));
  expect_same(grounding_dino_from_original(original), state);
}

TEST(OriginalGroundingDino, OfSizesThatNoNetworkHasIsRefusedBeforeAnythingIsMade) {
  const std::string block = "model.backbone.conv_encoder.model.encoder.layers.0.blocks.0.";
  const auto refusal = [&](at::IntArrayRef table) -> std::string {
    StateDict state;
    state["model.backbone.conv_encoder.model.embeddings.patch_embeddings.projection.weight"] =
        at::zeros({96, 3, 4, 4});
    state[block + "attention.self.relative_position_bias_table"] = at::zeros(table);
    state["model.backbone.conv_encoder.model.hidden_states_norms.stage1.weight"] = at::zeros({96});
    state["model.query_position_embeddings.weight"] = at::zeros({900, 256});
    try {
      grounding_dino_config_of(state, "file");
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({169, 3}), "");
  EXPECT_THAT(refusal({99225, 3}), ::testing::HasSubstr("window_size: expected 1 to 64"));
  EXPECT_THAT(refusal({170, 3}), ::testing::HasSubstr("the square of an odd number"));
  EXPECT_THAT(refusal({169, 0}), ::testing::HasSubstr("num_heads"));
  EXPECT_THAT(refusal({169, 5}), ::testing::HasSubstr("num_heads"));
}

TEST(OriginalSegmentAnything, GivesBackWhatANetworkHolds) {
  const c10::InferenceMode inference;
  const ParityFixture fixture("segment_anything");
  SegmentAnything network(SamConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*network);
  const StateDict state = state_dict(*network);
  expect_same(sam_from_original(sam_to_original(state)), state);
}

TEST(CheckpointKind, KnowsModelsByTheirKeys) {
  const auto kind = [](const char* key) { return checkpoint_kind({{key, at::zeros({1})}}); };
  EXPECT_EQ(kind("image_encoder.trunk.blocks.0.attn.qkv.weight"),
            CheckpointKind::kSegmentAnything2);
  EXPECT_EQ(kind("image_encoder.patch_embed.seq.0.c.weight"), CheckpointKind::kMobileSam);
  EXPECT_EQ(kind("model.diffusion_model.out.2.weight"), CheckpointKind::kStableDiffusion);
  EXPECT_EQ(kind("bert.encoder.layer.0.output.dense.weight"), CheckpointKind::kBert);
  EXPECT_EQ(kind("bert.embeddings.word_embeddings.weight"), CheckpointKind::kBert);
  EXPECT_EQ(kind("anything"), CheckpointKind::kOther);
}

TEST(CheckpointKind, KnowsModelsInTheLayoutsOfTransformersAndDiffusers) {
  const auto kind = [](const char* key) { return checkpoint_kind({{key, at::zeros({1})}}); };
  EXPECT_EQ(kind("model.encoder.layers.0.fusion_layer.text_param"), CheckpointKind::kGroundingDino);
  EXPECT_EQ(kind("vision_encoder.layers.0.attn.qkv.weight"), CheckpointKind::kSegmentAnything);
  EXPECT_EQ(kind("vision_encoder.backbone.blocks.0.attn.qkv.weight"),
            CheckpointKind::kSegmentAnything2);
  EXPECT_EQ(kind("encoder.layer.0.attention.self.query.weight"), CheckpointKind::kBert);
  EXPECT_EQ(kind("text_model.encoder.layers.0.mlp.fc1.weight"), CheckpointKind::kClip);
  EXPECT_EQ(kind("down_blocks.0.resnets.0.conv1.weight"), CheckpointKind::kStableDiffusion);
  EXPECT_EQ(kind("unet.down_blocks.0.attentions.0.proj_in.lora_A.weight"), CheckpointKind::kLora);
  EXPECT_EQ(checkpoint_kind({}), CheckpointKind::kOther);
}

TEST(CheckpointKind, SaysWhichSwinADetectorHas) {
  const auto look = [](const char* patches, int64_t width) {
    return look_of({{"transformer.encoder.fusion_layers.0.gamma_v", at::zeros({1})},
                    {patches, at::zeros({width, 3, 4, 4})}});
  };
  constexpr const char* kOriginal = "backbone.0.patch_embed.proj.weight";
  EXPECT_EQ(look(kOriginal, 96), "Grounding DINO with Swin-T");
  EXPECT_EQ(look(kOriginal, 128), "Grounding DINO with Swin-B");
  EXPECT_EQ(look(kOriginal, 8), "Grounding DINO");
  EXPECT_EQ(
      look("model.backbone.conv_encoder.model.embeddings.patch_embeddings.projection.weight", 128),
      "Grounding DINO with Swin-B");
}

// A detector holds a BERT, and a Stable Diffusion file a text encoder: the whole counts.
TEST(CheckpointKind, IsThatOfTheWholeRatherThanOfAPart) {
  EXPECT_EQ(checkpoint_kind({{"bert.encoder.layer.0.output.dense.weight", at::zeros({1})},
                             {"transformer.encoder.fusion_layers.0.gamma_v", at::zeros({1})}}),
            CheckpointKind::kGroundingDino);
  EXPECT_EQ(
      checkpoint_kind({{"cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.bias",
                        at::zeros({1})},
                       {"model.diffusion_model.out.2.bias", at::zeros({1})}}),
      CheckpointKind::kStableDiffusion);
}

}  // namespace
}  // namespace situ
