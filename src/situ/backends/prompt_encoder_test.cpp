// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/prompt_encoder.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "situ/core/errors.h"

namespace situ {
namespace {

constexpr int64_t kPositions = 24;
constexpr const char* kLong =
    "a dog on the road, a dog on the road, a dog on the road, a dog on the road, a dog";

TextModelPart random_part() {
  TextModelPart part{
      .encoder = {.config = {{"vocab_size", 0},
                             {"hidden_size", 16},
                             {"intermediate_size", 16},
                             {"num_hidden_layers", 2},
                             {"num_attention_heads", 2},
                             {"max_position_embeddings", kPositions}},
                  .config_file = "text_encoder/config.json"},
      .tokenizer = ClipTokenizer::from_folder(SITU_SOURCE_DIR "/models/mini-inpainter/tokenizer")};
  part.encoder.config["vocab_size"] = part.tokenizer.vocabulary_size();
  part.encoder.config["eos_token_id"] = part.tokenizer.end_id();
  ClipTextEncoder network(ClipTextConfig::from_json(part.encoder.config, "text"));
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(5);
  for (const auto& [key, tensor] : state_dict(*network)) {
    part.encoder.weights[key] = at::randn(tensor.sizes(), generator, at::kFloat);
  }
  return part;
}

class PromptEncoderTest : public testing::Test {
 protected:
  static PromptEncoder made() {
    std::vector<TextModelPart> parts;
    parts.push_back(random_part());
    return PromptEncoder(parts, {});
  }
  at::Tensor text(const std::string& prompt, const PromptReading& reading = {}) {
    return prompts_.encode(prompt, reading).text;
  }

  const c10::InferenceMode inference_;
  PromptEncoder prompts_ = made();
};

TEST_F(PromptEncoderTest, AWeightOfOneChangesNothing) {
  EXPECT_TRUE(text("a (dog:1) on the road").equal(text("a dog on the road")));
}

TEST_F(PromptEncoderTest, AWeightMovesItsTokensAlongTheLineFromTheEmptyPrompt) {
  const at::Tensor plain = text("a dog"), empty = text(""), strong = text("a (dog:1.5)");
  EXPECT_TRUE(strong.slice(1, 0, 2).equal(plain.slice(1, 0, 2)));  // start, "a"
  EXPECT_TRUE(strong.slice(1, 3).equal(plain.slice(1, 3)));        // end, padding
  const at::Tensor expected = empty.select(1, 2) + 1.5 * (plain - empty).select(1, 2);
  EXPECT_TRUE(at::allclose(strong.select(1, 2), expected, 0, 1e-5));
  EXPECT_FALSE(at::allclose(strong.select(1, 2), plain.select(1, 2), 0, 1e-2));
}

TEST_F(PromptEncoderTest, InPlainSyntaxParenthesesAreText) {
  const PromptReading plain{.syntax = PromptSyntax::kPlain};
  EXPECT_FALSE(text("a (dog:1.5)", plain).equal(text("a (dog:1.5)")));
  EXPECT_TRUE(text("a dog", plain).equal(text("a dog")));
}

TEST_F(PromptEncoderTest, ALongPromptTakesChunksAndAPlainOneIsCut) {
  EXPECT_EQ(prompts_.chunks(kLong, PromptSyntax::kWeighted), 2);
  const at::Tensor whole = text(kLong);
  EXPECT_EQ(whole.size(1), 2 * kPositions);
  EXPECT_EQ(prompts_.chunks(kLong, PromptSyntax::kPlain), 1);
  const at::Tensor cut = text(kLong, {.syntax = PromptSyntax::kPlain});
  EXPECT_TRUE(cut.equal(whole.slice(1, 0, kPositions)));
}

TEST_F(PromptEncoderTest, AShortPromptIsAsLongAsWantedByChunksOfNothing) {
  const at::Tensor padded = text("a dog", {.chunks = 3});
  ASSERT_EQ(padded.size(1), 3 * kPositions);
  EXPECT_TRUE(at::allclose(padded.slice(1, 0, kPositions), text("a dog"), 0, 1e-5));
  for (const int64_t chunk : {1, 2}) {
    const at::Tensor part = padded.slice(1, chunk * kPositions, (chunk + 1) * kPositions);
    EXPECT_TRUE(at::allclose(part, text(""), 0, 1e-5)) << chunk;
  }
}

TEST_F(PromptEncoderTest, AWordWithAnotherTokensVectorReadsAsThatToken) {
  const at::Tensor table = random_part().encoder.weights.at("embeddings.token_embedding.weight");
  const TextModelPart part = random_part();
  const int64_t dog = part.tokenizer.tokenize("dog").at(0);
  prompts_.add({.token = "<Rex>", .vectors = {table[dog].unsqueeze(0)}, .file = "rex"});
  EXPECT_TRUE(text("a <rex> on the road").equal(text("a dog on the road")));
  EXPECT_TRUE(text("a (<Rex>:0.5)").equal(text("a (dog:0.5)")));
}

TEST_F(PromptEncoderTest, AWordMustFitAndBeNew) {
  const auto add = [&](const std::string& token, const at::Tensor& vectors) {
    prompts_.add({.token = token, .vectors = {vectors}, .file = "word.bin"});
  };
  EXPECT_THROW(add("<a>", at::zeros({1, 15})), DataError);
  EXPECT_THROW(add("<|endoftext|>", at::zeros({1, 16})), DataError);
  EXPECT_THROW(add("", at::zeros({1, 16})), DataError);
  EXPECT_THROW(
      prompts_.add(
          {.token = "<b>", .vectors = {at::zeros({1, 16}), at::zeros({1, 16})}, .file = "two.bin"}),
      DataError);
  add("<c>", at::zeros({1, 16}));
  EXPECT_THROW(add("<C>", at::zeros({1, 16})), DataError);
}

TEST(PromptEncoder, ATokenizerThatGivesMoreThanTheEncoderTakesIsAnErrorOfTheModel) {
  std::vector<TextModelPart> parts;
  parts.push_back(random_part());
  parts[0].encoder.config["max_position_embeddings"] = 8;
  parts[0].encoder.weights["embeddings.position_embedding.weight"] = at::zeros({8, 16});
  EXPECT_THROW(PromptEncoder(parts, {}), DataError);
}

}  // namespace
}  // namespace situ
