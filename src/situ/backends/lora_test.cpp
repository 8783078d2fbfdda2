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

// Names outside the numbered blocks, and each kind of layer within them.
TEST(Lora, KnowsTheOriginalNamesOfEveryKindOfModule) {
  const std::vector<std::pair<std::string, std::string>> kNames = {
      {"input_blocks_0_0", "conv_in"},
      {"time_embed_0", "time_embedding.linear_1"},
      {"time_embed_2", "time_embedding.linear_2"},
      {"label_emb_0_0", "add_embedding.linear_1"},
      {"label_emb_0_2", "add_embedding.linear_2"},
      {"out_2", "conv_out"},
      {"input_blocks_1_0_emb_layers_1", "down_blocks.0.resnets.0.time_emb_proj"},
      {"input_blocks_1_0_out_layers_3", "down_blocks.0.resnets.0.conv2"},
      {"input_blocks_2_0_op", "down_blocks.0.downsamplers.0.conv"},
      {"input_blocks_3_0_skip_connection", "down_blocks.1.resnets.0.conv_shortcut"},
      {"input_blocks_3_1_transformer_blocks_1_ff_net_0_proj",
       "down_blocks.1.attentions.0.transformer_blocks.1.ff.net.0.proj"},
      {"middle_block_1_proj_in", "mid_block.attentions.0.proj_in"},
      {"middle_block_2_in_layers_2", "mid_block.resnets.1.conv1"},
      {"output_blocks_1_2_conv", "up_blocks.0.upsamplers.0.conv"},
      {"output_blocks_3_1_transformer_blocks_0_attn2_to_out_0",
       "up_blocks.1.attentions.1.transformer_blocks.0.attn2.to_out.0"}};
  StateDict unet = {{"down_blocks.0.resnets.0.conv1.weight", at::zeros({2, 3})}};
  for (const auto& [name, module] : kNames) unet[module + ".weight"] = at::zeros({2, 3});
  for (const auto& [name, module] : kNames) {
    StateDict changed = unet;
    merge_lora({{"lora_unet_" + name + ".lora_down.weight", kDown},
                {"lora_unet_" + name + ".lora_up.weight", kUp}},
               1, {.unet = &changed, .text_encoders = {}}, "file");
    EXPECT_TRUE(at::equal(changed.at(module + ".weight"), kProduct)) << name;
  }
}

TEST(Lora, MergesConvolutionsOfOnePixelIntoConvolutionsAndLinearLayers) {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{2, 3}, {2, 3, 1, 1}}) {
    StateDict unet = {{"mid_block.attentions.0.proj_in.weight", at::zeros(shape)}};
    merge_lora(
        {{"lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", kDown.view({1, 3, 1, 1})},
         {"lora_unet_mid_block_attentions_0_proj_in.lora_up.weight", kUp.view({2, 1, 1, 1})}},
        1, {.unet = &unet, .text_encoders = {}}, "file");
    EXPECT_TRUE(at::equal(unet.begin()->second, kProduct.view(shape)));
  }
}

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
      HasSubstr("file: " + module + ": expected an update of " + kQuery +
                ", [2, 3], got [2, 1] times [1, 4]: the LoRA is for another model"));
  EXPECT_THAT(message({{module + ".lora_A.weight", kDown},
                       {module + ".lora_down.weight", kDown},
                       {module + ".lora_B.weight", kUp}}),
              HasSubstr("under another name as well"));
  EXPECT_THAT(message({{module + ".lora_A.weight", at::ones({0, 3})},
                       {module + ".lora_B.weight", at::ones({2, 0})},
                       {module + ".alpha", at::ones({})}}),
              HasSubstr("expected an update of"));
  EXPECT_THAT(
      message({{module + ".lora_A.weight", kDown / 0}, {module + ".lora_B.weight", kUp}}),
      HasSubstr(module + ".lora_A.weight: expected finite numbers, got infinity at [0, 0]"));
}

TEST(Lora, NamesAFewOfTheModulesThatTheModelLacksAndChangesNothing) {
  Model model;
  StateDict lora;
  for (const char* module : {"unet.a", "unet.b", "lora_te3_c", "unet.d"}) {
    lora[std::string(module) + ".lora_A.weight"] = kDown;
    lora[std::string(module) + ".lora_B.weight"] = kUp;
  }
  const std::string known = kQuery.substr(0, kQuery.size() - std::string(".weight").size());
  lora[known + ".lora_A.weight"] = kDown;
  lora[known + ".lora_B.weight"] = kUp;
  EXPECT_THAT(message(lora), HasSubstr("file: 4 of its 5 modules are not in the model (lora_te3_c, "
                                       "unet.a, unet.b, ...): the LoRA is for another model"));
  EXPECT_THROW(merge_lora(lora, 1, model.targets(), "file"), DataError);
  EXPECT_TRUE(at::equal(model.unet.at(kQuery), at::ones({2, 3})));
}

TEST(Lora, NamesOtherKindsOfAdapters) {
  const std::string module = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
  const auto with = [&](const std::string& ending) {
    return message({{module + ".lora_down.weight", kDown},
                    {module + ".lora_up.weight", kUp},
                    {module + ending, kUp}});
  };
  EXPECT_THAT(with(".dora_scale"), HasSubstr("expected a LoRA, got a DoRA (the tensor " + module));
  EXPECT_THAT(with(".lora_magnitude_vector"), HasSubstr("got a DoRA"));
  EXPECT_THAT(with(".hada_w1_a"), HasSubstr("got a LoHa"));
  EXPECT_THAT(with(".lokr_w1"), HasSubstr("got a LoKr"));
  EXPECT_THAT(with(".on_input"), HasSubstr("got an (IA)^3"));
  EXPECT_THAT(with(".oft_blocks"), HasSubstr("got an OFT"));
  EXPECT_THAT(with(".lora_mid.weight"), HasSubstr("Tucker"));
  EXPECT_THAT(with(".lora_B.bias"), HasSubstr("a LoRA with biases"));
  EXPECT_THAT(with(".diff"), HasSubstr("whole differences"));
  EXPECT_THAT(with(".zebra"), HasSubstr(module + ".zebra is no part of a LoRA that situ knows"));
}

TEST(Lora, SaysWhatAnotherFileLooksLike) {
  EXPECT_THAT(message({}), HasSubstr("expected a LoRA; it looks like a file without tensors"));
  EXPECT_THAT(message({{"model.diffusion_model.out.2.weight", kUp},
                       {"first_stage_model.quant_conv.weight", kUp}}),
              HasSubstr("it looks like a checkpoint of whole networks"));
}

}  // namespace
}  // namespace situ
