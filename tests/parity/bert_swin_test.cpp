// SPDX-License-Identifier: Apache-2.0
// The parts of Grounding DINO that others use too; see tools/make_bert_swin_fixture.py. Float32
// outputs of order one over a few layers differ by the order of additions: 1e-4 is a hundred times
// that.
#include <gtest/gtest.h>

#include "parity/seeded_weights.h"
#include "situ/models/bert/bert_text_encoder.h"
#include "situ/models/swin/swin_backbone.h"

namespace situ {
namespace {

constexpr double kTolerance = 1e-4;

TEST(BertParity, EncodesPhrasesThatDoNotSeeEachOtherAsTransformersDoes) {
  const c10::InferenceMode inference;
  const ParityFixture fixture("bert");
  BertTextEncoder network(BertConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*network);
  const at::Tensor output = network(fixture["token_ids"], fixture["mask"], fixture["positions"]);
  expect_near(output, fixture["output"], kTolerance, "last hidden state");
  const auto second = [&](const char* name) { return fixture[name].slice(0, 1, 2); };
  expect_near(network(second("token_ids"), second("mask"), second("positions")), second("output"),
              kTolerance, "a batch of one");
}

void expect_maps_of(const std::string& name) {
  const c10::InferenceMode inference;
  const ParityFixture fixture(name);
  SwinBackbone network(SwinConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*network);
  const std::vector<at::Tensor> maps = network(fixture["pixels"]);
  ASSERT_EQ(maps.size(), 2U);
  expect_near(maps[0], fixture["first"], kTolerance, "first map");
  expect_near(maps[1], fixture["second"], kTolerance, "second map");
}

TEST(SwinParity, GivesTheMapsOfTransformersForSizesThatFitNoWindow) { expect_maps_of("swin"); }

TEST(SwinParity, GivesTheMapsOfTransformersForAnOddWindowAndOnePicture) {
  expect_maps_of("swin_odd_window");
}

TEST(SwinParity, HoldsInBfloat16) {
  const c10::InferenceMode inference;
  const ParityFixture fixture("swin");
  SwinBackbone network(SwinConfig::from_json(fixture.config(), fixture.path()));
  fill_with_seeded_weights(*network);
  network->to(at::kBFloat16);
  const at::Tensor got = network(fixture["pixels"].to(at::kBFloat16))[1].to(at::kFloat);
  const double error =
      (got - fixture["second"]).norm().item<double>() / fixture["second"].norm().item<double>();
  EXPECT_LT(error, 0.03) << "eight bits of a number, through seven blocks";
}

}  // namespace
}  // namespace situ
