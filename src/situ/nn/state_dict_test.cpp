// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/state_dict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include "situ/core/errors.h"

namespace situ {
namespace {

torch::nn::Sequential two_layers() {
  return torch::nn::Sequential(torch::nn::Linear(2, 3), torch::nn::Linear(3, 1));
}

StateDict copy_of(const StateDict& state) {
  StateDict copy;
  for (const auto& [key, tensor] : state) copy[key] = tensor.detach().clone();
  return copy;
}

TEST(StateDict, NamesEveryParameterByItsPath) {
  EXPECT_THAT(state_dict(*two_layers()),
              testing::ElementsAre(testing::Key("0.bias"), testing::Key("0.weight"),
                                   testing::Key("1.bias"), testing::Key("1.weight")));
}

TEST(LoadStateDict, MovesWeightsFromOneModuleToAnother) {
  auto a = two_layers();
  auto b = two_layers();
  load_state_dict(*b, copy_of(state_dict(*a)), "weights");
  const at::Tensor x = at::ones({1, 2});
  EXPECT_TRUE(at::equal(a->forward(x), b->forward(x)));
}

TEST(LoadStateDict, NamesMissingUnexpectedAndMisshapedTensors) {
  auto module = two_layers();
  StateDict state = copy_of(state_dict(*module));
  state.erase("0.bias");
  state["extra"] = at::zeros({1});
  state["1.weight"] = at::zeros({1, 4});
  try {
    load_state_dict(*module, state, "unet.safetensors");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "unet.safetensors: the tensors do not fit the model: 1 missing: 0.bias; "
                 "1 unexpected: extra; 1 mis-shaped: 1.weight: expected [1, 3], got [1, 4]");
  }
}

}  // namespace
}  // namespace situ
