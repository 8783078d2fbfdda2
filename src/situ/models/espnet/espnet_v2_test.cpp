// SPDX-License-Identifier: Apache-2.0
#include "situ/models/espnet/espnet_v2.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "situ/core/errors.h"

namespace situ {
namespace {

EspnetConfig tiny() {
  return {.channels = {16, 32, 48, 64},
          .repeats = {1, 2},
          .decoder_channels = {12, 8, 6},
          .pyramid_channels = 3,
          .classes = 5};
}

TEST(EspnetV2, GivesLogitsOfTheImagesSizeWhateverItIs) {
  const c10::NoGradGuard no_gradients;
  EspnetV2 network(tiny());
  network->eval();
  EXPECT_EQ(network(at::rand({2, 3, 32, 48})).sizes(), (at::IntArrayRef{2, 5, 32, 48}));
  EXPECT_EQ(network(at::rand({1, 3, 37, 51})).sizes(), (at::IntArrayRef{1, 5, 37, 51}));
  EXPECT_THROW(network(at::rand({1, 3, 15, 40})), std::invalid_argument);
  EXPECT_THROW(network(at::rand({1, 1, 32, 32})), std::invalid_argument);
}

TEST(EspnetConfig, IsReadFromTheWeights) {
  const EspnetV2 network(tiny());
  StateDict weights = state_dict(*network);
  const EspnetConfig config = EspnetConfig::from_weights(weights, "a.safetensors");
  EXPECT_EQ(config.channels, tiny().channels);
  EXPECT_EQ(config.repeats, tiny().repeats);
  EXPECT_EQ(config.decoder_channels, tiny().decoder_channels);
  EXPECT_EQ(config.pyramid_channels, 3);
  EXPECT_EQ(config.classes, 5);
  weights.erase("bu_dec_l4.merge_layer.3.weight");
  EXPECT_THROW(EspnetConfig::from_weights(weights, "a.safetensors"), DataError);
  weights["bu_dec_l4.merge_layer.3.weight"] = at::zeros({0, 1});
  EXPECT_THROW(EspnetConfig::from_weights(weights, "a.safetensors"), DataError);
}

TEST(EspnetConfig, IsRefusedWithSizesThatNoNetworkHas) {
  EspnetConfig config = tiny();
  config.channels[2] = 32;
  EXPECT_THROW(config.validate(), std::invalid_argument);
  config = tiny();
  config.channels[0] = 8;
  EXPECT_THROW(EspnetV2{config}, std::invalid_argument);
  config = tiny();
  config.repeats[1] = 0;
  EXPECT_THROW(config.validate(), std::invalid_argument);
}

}  // namespace
}  // namespace situ
