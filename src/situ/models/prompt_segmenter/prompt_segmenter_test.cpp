// SPDX-License-Identifier: Apache-2.0
#include "situ/models/prompt_segmenter/prompt_segmenter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "situ/models/prompt_segmenter/prompt_rows.h"
#include "situ/nn/state_dict.h"

namespace situ {
namespace {

constexpr int64_t kEndOfText = 19;

PromptSegmenterConfig tiny_config() {
  return {.stage_channels = {8, 8, 12, 12},
          .blocks_per_stage = 1,
          .decoder_channels = 8,
          .feature_size = 6,
          .end_of_text_id = kEndOfText,
          .text = {.vocab_size = 20,
                   .hidden_size = 8,
                   .intermediate_size = 16,
                   .num_hidden_layers = 1,
                   .num_attention_heads = 2,
                   .max_position_embeddings = 6}};
}

PromptSegmenter tiny_network(uint64_t seed) {
  at::manual_seed(seed);
  PromptSegmenter network(tiny_config());
  network->eval();
  return network;
}

at::Tensor two_prompts() {
  return at::tensor(std::vector<int64_t>{18, 3, kEndOfText, kEndOfText, 18, 4, 5, kEndOfText})
      .view({2, 4});
}

at::Tensor image(int64_t height, int64_t width) { return at::rand({1, 3, height, width}) * 2 - 1; }

TEST(PromptSegmenter, GivesALogitForEachPromptAndPixelOfAnySize) {
  const at::InferenceMode inference;
  PromptSegmenter network = tiny_network(1);
  EXPECT_EQ(network(image(64, 96), two_prompts()).sizes(), at::IntArrayRef({1, 2, 64, 96}));
  EXPECT_EQ(network(image(37, 51), two_prompts()).sizes(), at::IntArrayRef({1, 2, 37, 51}));
  EXPECT_EQ(network(image(1, 1), two_prompts()).sizes(), at::IntArrayRef({1, 2, 1, 1}));
  EXPECT_EQ(network->pixel_features(image(37, 51)).sizes(), at::IntArrayRef({1, 6, 10, 13}));
}

TEST(PromptSegmenter, RefusesAnImageWithoutThreeChannels) {
  PromptSegmenter network = tiny_network(1);
  EXPECT_THROW(network->pixel_features(at::zeros({1, 1, 32, 32})), std::invalid_argument);
}

TEST(PromptSegmenter, GivesUnitDirections) {
  const at::InferenceMode inference;
  PromptSegmenter network = tiny_network(2);
  const at::Tensor pixels = network->pixel_features(image(32, 32)).square().sum(1);
  const at::Tensor prompts = network->text_features(two_prompts()).square().sum(1);
  EXPECT_TRUE(at::allclose(pixels, at::ones_like(pixels), 1e-3, 1e-3));
  EXPECT_TRUE(at::allclose(prompts, at::ones_like(prompts), 1e-3, 1e-3));
}

TEST(PromptSegmenter, AnswersAPromptAloneAsAmongOthers) {
  const at::InferenceMode inference;
  PromptSegmenter network = tiny_network(3);
  const at::Tensor x = image(40, 64);
  const at::Tensor both = network(x, two_prompts());
  const at::Tensor second = network(x, two_prompts().slice(0, 1, 2));
  EXPECT_TRUE(at::allclose(both.slice(1, 1, 2), second, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(both.slice(1, 0, 1), second, 1e-4, 1e-5));
}

TEST(PromptSegmenter, IgnoresWhatFollowsTheEndOfText) {
  const at::InferenceMode inference;
  PromptSegmenter network = tiny_network(4);
  const at::Tensor a = at::tensor(std::vector<int64_t>{18, 3, kEndOfText, kEndOfText}).view({1, 4});
  const at::Tensor b = at::tensor(std::vector<int64_t>{18, 3, kEndOfText, 7}).view({1, 4});
  EXPECT_TRUE(at::allclose(network->text_features(a), network->text_features(b), 1e-5, 1e-6));
}

TEST(PromptSegmenter, PadsByRepeatingTheBorder) {
  const at::InferenceMode inference;
  PromptSegmenter network = tiny_network(5);
  const at::Tensor x = image(40, 50);
  const at::Tensor padded = at::replication_pad2d(x, {0, 14, 0, 24});
  const at::Tensor whole = network(padded, two_prompts());
  const at::Tensor own = network(x, two_prompts());
  // Only the last cell differs: its upsampling has no neighbour to the right or below.
  EXPECT_TRUE(at::allclose(whole.slice(2, 0, 38).slice(3, 0, 48),
                           own.slice(2, 0, 38).slice(3, 0, 48), 1e-4, 1e-5));
}

TEST(PromptSegmenter, KeepsItsAnswersThroughItsStateDict) {
  PromptSegmenter network = tiny_network(6);
  network->train();
  network(image(64, 64), two_prompts());  // moves the running statistics away from where they start
  network->eval();
  PromptSegmenter copy = tiny_network(7);
  StateDict state;
  for (const auto& [key, tensor] : state_dict(*network)) state[key] = tensor.detach().clone();
  EXPECT_TRUE(state.contains("stem1.norm.running_mean"));
  load_state_dict(*copy, state, "model.safetensors");
  const at::InferenceMode inference;
  const at::Tensor x = image(64, 64);
  EXPECT_TRUE(at::allclose(network(x, two_prompts()), copy(x, two_prompts())));
}

TEST(PromptRows, AreStartTextAndEnds) {
  const at::Tensor rows = prompt_rows({{3}, {4, 5, 6, 7, 8, 9}}, 18, tiny_config());
  const at::Tensor expected =
      at::tensor(std::vector<int64_t>{18, 3, kEndOfText, kEndOfText, kEndOfText, kEndOfText,  //
                                      18, 4, 5, 6, 7, kEndOfText});
  EXPECT_TRUE(at::equal(rows, expected.view({2, 6})));
  EXPECT_EQ(prompt_rows({}, 18, tiny_config()).size(0), 0);
  EXPECT_THROW(prompt_rows({{20}}, 18, tiny_config()), std::invalid_argument);
  EXPECT_THROW(prompt_rows({{-1}}, 18, tiny_config()), std::invalid_argument);
}

TEST(PromptSegmenter, HasThreeToFourMillionParametersWithoutItsTokens) {
  PromptSegmenterConfig config;
  config.text.vocab_size = 1;
  int64_t count = 0;
  for (const at::Tensor& weight : PromptSegmenter(config)->parameters()) count += weight.numel();
  EXPECT_GT(count, 3'000'000);
  EXPECT_LT(count, 4'000'000);
}

}  // namespace
}  // namespace situ
