// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/lora.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"

namespace situ {
namespace {

using testing::HasSubstr;

const std::string kQuery = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight";
const std::string kOut = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.weight";
const std::string kConv = "down_blocks.0.resnets.0.conv1.weight";
const std::string kText = "encoder.layers.0.self_attn.q_proj.weight";

struct Model {
  StateDict unet = {{kQuery, at::ones({2, 3})},
                    {kOut, at::ones({2, 2})},
                    {kConv, at::zeros({2, 1, 3, 3})},
                    {"down_blocks.0.resnets.0.conv1.bias", at::zeros({2})}};
  StateDict text = {{kText, at::zeros({2, 2}, at::kHalf)}};
  StateDict text_2 = {{kText, at::zeros({2, 2})}};
  LoraTargets targets() { return {.unet = &unet, .text_encoders = {&text, &text_2}}; }
};

// up [[1], [2]] times down [[1, 10, 100]]: [[1, 10, 100], [2, 20, 200]].
const at::Tensor kUp = at::tensor({1.0F, 2.0F}).view({2, 1});
const at::Tensor kDown = at::tensor({1.0F, 10.0F, 100.0F}).view({1, 3});
const at::Tensor kProduct = at::tensor({1.0F, 10.0F, 100.0F, 2.0F, 20.0F, 200.0F}).view({2, 3});

class LoraNames : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(LoraNames, StandForTheQueryOfTheFirstBlock) {
  const auto [down, up] = GetParam();
  Model model;
  const at::Tensor before = model.unet.at(kQuery);
  merge_lora({{down, kDown}, {up, kUp}}, 0.5, model.targets(), "file");
  EXPECT_TRUE(at::equal(model.unet.at(kQuery), 1 + 0.5 * kProduct));
  EXPECT_TRUE(at::equal(before, at::ones({2, 3})));  // the file's view is as it was
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, LoraNames,
    testing::Values(
        std::pair{"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight",
                  "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_B.weight"},
        std::pair{
            "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora.down.weight",
            "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora.up.weight"},
        std::pair{
            "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down."
            "weight",
            "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.up."
            "weight"},
        std::pair{
            "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight",
            "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_up.weight"},
        std::pair{"lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight",
                  "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_up.weight"}));

TEST(Lora, ScalesByAlphaOverRank) {
  Model model;
  const std::string module = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
  merge_lora({{module + ".lora_down.weight", at::ones({4, 3})},
              {module + ".lora_up.weight", at::ones({2, 4})},
              {module + ".alpha", at::scalar_tensor(2.0)}},
             1, model.targets(), "file");
  EXPECT_TRUE(at::equal(model.unet.at(kQuery), at::full({2, 3}, 1 + 4 * 2.0 / 4)));
}

TEST(Lora, ChangesConvolutionsOutputsOfAttentionAndBothTextEncoders) {
  Model model;
  const std::string attention = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.";
  merge_lora({{"lora_unet_input_blocks_1_0_in_layers_2.lora_down.weight", at::ones({1, 1, 3, 3})},
              {"lora_unet_input_blocks_1_0_in_layers_2.lora_up.weight", kUp.view({2, 1, 1, 1})},
              {attention + "processor.to_out_lora.down.weight", at::ones({1, 2})},
              {attention + "processor.to_out_lora.up.weight", kUp},
              {"lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight",
               at::ones({1, 2}, at::kHalf)},
              {"lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight", kUp},
              {"text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
               at::ones({1, 2})},
              {"text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj.lora_B.weight", kUp}},
             1, model.targets(), "file");
  EXPECT_EQ(model.unet.at(kConv)[1][0][2][2].item<float>(), 2);
  EXPECT_EQ(model.unet.at(kOut)[1][0].item<float>(), 3);
  EXPECT_EQ(model.text.at(kText)[1][1].item<float>(), 2);
  EXPECT_EQ(model.text.at(kText).scalar_type(), at::kHalf);
  EXPECT_EQ(model.text_2.at(kText)[0][0].item<float>(), 1);
}

TEST(Lora, KnowsTheOlderNamesOfTextEncoders) {
  const std::string layer = "text_encoder.text_model.encoder.layers.0.self_attn.";
  for (const std::string module : {"q_proj.lora_linear_layer", "to_q_lora"}) {
    Model model;
    merge_lora(
        {{layer + module + ".down.weight", at::ones({1, 2})}, {layer + module + ".up.weight", kUp}},
        1, model.targets(), "file");
    EXPECT_EQ(model.text.at(kText)[1][0].item<float>(), 2) << module;
  }
}

std::string message(const StateDict& lora) {
  Model model;
  try {
    merge_lora(lora, 1, model.targets(), "file");
  } catch (const DataError& error) {
    return error.what();
  }
  return "merged";
}

TEST(Lora, SaysWhatDoesNotFit) {
  const std::string module = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
  EXPECT_THAT(message({{module + ".lora_A.weight", kDown}}), HasSubstr("one half"));
  EXPECT_THAT(
      message({{module + ".lora_A.weight", at::ones({1, 4})}, {module + ".lora_B.weight", kUp}}),
      HasSubstr("expected an update of [2, 3]"));
  EXPECT_THAT(message({{module + ".lora_A.weight", kDown},
                       {module + ".lora_down.weight", kDown},
                       {module + ".lora_B.weight", kUp}}),
              HasSubstr("under another name as well"));
  EXPECT_THAT(message({{module + ".lora_A.weight", at::ones({0, 3})},
                       {module + ".lora_B.weight", at::ones({2, 0})},
                       {module + ".alpha", at::ones({})}}),
              HasSubstr("expected an update of"));
  EXPECT_THAT(
      message(
          {{"lora_unet_input_blocks_1_1_" + std::string(60'000, 'x') + ".lora_up.weight", kUp}}),
      HasSubstr("more than 512 bytes"));
  EXPECT_THAT(message({{module + ".dora_scale", kUp}}), HasSubstr("DoRA"));
  EXPECT_THAT(
      message({{"unet.mid_block.x.lora_A.weight", kDown}, {"unet.mid_block.x.lora_B.weight", kUp}}),
      HasSubstr("the LoRA is for another model"));
}

}  // namespace
}  // namespace situ
