// SPDX-License-Identifier: Apache-2.0
// Long prompts and learned words against transformers and diffusers; see
// tools/make_prompt_fixture.py.
#include <gtest/gtest.h>

#include "parity/seeded_weights.h"
#include "situ/backends/prompt_encoder.h"

namespace situ {
namespace {

TextModelPart seeded_part(const nlohmann::json& config) {
  ClipTextEncoder network(ClipTextConfig::from_json(config, "text"));
  fill_with_seeded_weights(*network);
  TextModelPart part{
      .encoder = {.config = config, .config_file = "text"},
      .tokenizer = ClipTokenizer::from_folder(SITU_SOURCE_DIR "/models/mini-inpainter/tokenizer")};
  for (const auto& [key, tensor] : state_dict(*network)) {
    part.encoder.weights[key] = tensor.detach();
  }
  return part;
}

class PromptParity : public testing::Test {
 protected:
  PromptEncoder encoder(std::initializer_list<nlohmann::json> configs) const {
    std::vector<TextModelPart> parts;
    for (const nlohmann::json& config : configs) parts.push_back(seeded_part(config));
    return PromptEncoder(parts, {});
  }
  std::string text(const char* name) const { return config_.at(name); }

  const ParityFixture fixture_{"prompts"};
  const nlohmann::json config_ = fixture_.config();
  const c10::InferenceMode inference_;
};

TEST_F(PromptParity, LongPromptsAreReadChunkByChunk) {
  PromptEncoder prompts = encoder({config_["text_encoder"]});
  EXPECT_EQ(prompts.chunks(text("long"), PromptSyntax::kWeighted), 3);
  expect_near(prompts.encode(text("long")).text, fixture_["long"], 1e-4, "text");
}

TEST_F(PromptParity, LearnedWordsStandForTheirVectors) {
  PromptEncoder prompts = encoder({config_["text_encoder"]});
  prompts.add({.token = "<dog>", .vectors = {fixture_["vectors"]}, .file = "dog"});
  expect_near(prompts.encode(text("words")).text, fixture_["words"], 1e-4, "text");
}

TEST_F(PromptParity, LearnedWordsOfTwoEncodersDoNotHideTheEndOfTheText) {
  nlohmann::json second = config_["text_encoder_2"];
  for (const bool published : {false, true}) {
    if (published) second["eos_token_id"] = 2;  // as published, where the largest id is the end
    PromptEncoder prompts = encoder({config_["text_encoder"], second});
    prompts.add(
        {.token = "<dog>", .vectors = {fixture_["vectors"], fixture_["vectors_2"]}, .file = "dog"});
    const PromptEmbedding embedding = prompts.encode(text("words"));
    expect_near(embedding.text, fixture_["xl_words"], 1e-4, "text");
    expect_near(embedding.pooled, fixture_["xl_pooled"], 1e-4, "pooled");
  }
}

}  // namespace
}  // namespace situ
