// SPDX-License-Identifier: Apache-2.0
#include "situ/models/bert/bert_text_encoder.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/nn/state_dict.h"

namespace situ {
namespace {

using testing::HasSubstr;

std::string complaint(const nlohmann::json& json) {
  try {
    BertConfig::from_json(json, "config.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(BertConfig, HasTheDefaultsOfBertBaseUncased) {
  const BertConfig config = BertConfig::from_json(nlohmann::json::object(), "config.json");
  EXPECT_EQ(config.vocab_size, 30522);
  EXPECT_EQ(config.hidden_size, 768);
  EXPECT_EQ(config.num_hidden_layers, 12);
  EXPECT_DOUBLE_EQ(config.layer_norm_eps, 1e-12);
}

TEST(BertConfig, RefusesWhatSituLacksAndWhatCannotBe) {
  EXPECT_THAT(complaint({{"hidden_act", "relu"}}), HasSubstr("hidden_act"));
  EXPECT_THAT(complaint({{"position_embedding_type", "relative_key"}}), HasSubstr("relative_key"));
  EXPECT_THAT(complaint({{"is_decoder", true}}), HasSubstr("is_decoder"));
  EXPECT_THAT(complaint({{"num_attention_heads", 7}}), HasSubstr("a divisor of hidden_size"));
  EXPECT_THAT(complaint({{"num_hidden_layers", 100000}}), HasSubstr("num_hidden_layers"));
  EXPECT_THAT(complaint({{"vocab_size", -1}}), HasSubstr("vocab_size"));
  EXPECT_THAT(complaint({{"hidden_size", "wide"}}), HasSubstr("hidden_size"));
}

BertTextEncoder small_encoder() {
  BertConfig config;
  config.vocab_size = 20;
  config.hidden_size = 8;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 12;
  config.max_position_embeddings = 6;
  return BertTextEncoder(config);
}

TEST(BertTextEncoder, HasTheKeysOfTransformersWithoutAPooler) {
  const StateDict state = state_dict(*small_encoder());
  EXPECT_EQ(state.size(), 5U + 2U * 16U);
  EXPECT_TRUE(state.contains("embeddings.LayerNorm.weight"));
  EXPECT_TRUE(state.contains("encoder.layer.1.attention.self.query.weight"));
  EXPECT_TRUE(state.contains("encoder.layer.1.attention.output.LayerNorm.bias"));
  EXPECT_TRUE(state.contains("encoder.layer.0.intermediate.dense.weight"));
}

TEST(BertTextEncoder, LetsTokensSeeOnlyWhatTheMaskAllows) {
  const c10::InferenceMode inference;
  BertTextEncoder encoder = small_encoder();
  std::uint64_t seed = 1;
  for (auto& [key, tensor] : state_dict(*encoder)) {
    at::Tensor target = tensor;
    target.copy_(at::randn(target.sizes(), at::make_generator<at::CPUGeneratorImpl>(seed++)));
  }
  const at::Tensor positions = at::tensor({0, 1, 0, 1}, at::kLong).unsqueeze(0);
  const at::Tensor pairs = at::block_diag({at::ones({2, 2}), at::ones({2, 2})}).to(at::kBool);
  const auto encoded = [&](std::initializer_list<std::int64_t> ids) {
    return encoder(at::tensor(ids, at::kLong).unsqueeze(0), pairs.unsqueeze(0), positions)[0];
  };
  const at::Tensor first = encoded({3, 4, 5, 6}), second = encoded({3, 4, 7, 8});
  EXPECT_TRUE(first.slice(0, 0, 2).allclose(second.slice(0, 0, 2), 0, 1e-6));
  EXPECT_GT((first - second).slice(0, 2, 4).abs().max().item<float>(), 1e-2);
  // The same words at the same positions of two phrases mean the same.
  const at::Tensor twice = encoded({3, 4, 3, 4});
  EXPECT_TRUE(twice.slice(0, 0, 2).allclose(twice.slice(0, 2, 4), 0, 1e-6));
}

TEST(BertTextEncoder, RefusesTensorsThatDoNotFitEachOther) {
  BertTextEncoder encoder = small_encoder();
  const at::Tensor ids = at::zeros({1, 3}, at::kLong);
  const at::Tensor mask = at::ones({1, 3, 3}, at::kBool);
  EXPECT_THROW(encoder(ids, at::ones({1, 3}, at::kBool), ids), std::invalid_argument);
  EXPECT_THROW(encoder(ids, mask.to(at::kFloat), ids), std::invalid_argument);
  EXPECT_THROW(encoder(ids, mask, at::zeros({1, 2}, at::kLong)), std::invalid_argument);
  EXPECT_THROW(encoder(ids[0], mask, ids), std::invalid_argument);
  const at::Tensor long_ids = at::zeros({1, 7}, at::kLong);
  EXPECT_THROW(encoder(long_ids, at::ones({1, 7, 7}, at::kBool), at::arange(7).unsqueeze(0)),
               c10::Error)
      << "position 6 of 6";
}

}  // namespace
}  // namespace situ
