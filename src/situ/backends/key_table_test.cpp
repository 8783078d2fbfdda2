// SPDX-License-Identifier: Apache-2.0
#include "situ/backends/key_table.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace situ {
namespace {

std::vector<std::string> keys_of(const StateDict& state) {
  std::vector<std::string> keys;
  for (const auto& [key, tensor] : state) keys.push_back(key);
  return keys;
}

const KeyTable& table() {
  static const KeyTable all({{"blocks.*.norm", "layers.*.layer_norm"},
                             {"mlps.*.layers.0", "mlps.*.first"},
                             {"table", "tables.all"}},
                            {{"blocks.*.qkv", {"layers.*.q", "layers.*.k", "layers.*.v"}}});
  return all;
}

TEST(KeyTable, RenamesBelowPatternsWithTheirNumbers) {
  const at::Tensor x = at::ones({1});
  const StateDict canonical = table().to_canonical({{"blocks.12.norm.weight", x},
                                                    {"mlps.3.layers.0.bias", x},
                                                    {"table", x},
                                                    {"odd.key", x},
                                                    {"blocks.x.norm.weight", x},
                                                    {"tables", x}});
  EXPECT_THAT(keys_of(canonical), ::testing::UnorderedElementsAre(
                                      "layers.12.layer_norm.weight", "mlps.3.first.bias",
                                      "tables.all", "odd.key", "blocks.x.norm.weight", "tables"));
}

TEST(KeyTable, SplitsAndJoinsFusedTensors) {
  const at::Tensor fused = at::arange(6).view({6, 1});
  const StateDict canonical = table().to_canonical({{"blocks.0.qkv.weight", fused}});
  ASSERT_EQ(canonical.size(), 3U);
  EXPECT_TRUE(canonical.at("layers.0.k.weight").equal(fused.slice(0, 2, 4)));
  const StateDict original = table().to_original(canonical);
  ASSERT_EQ(original.size(), 1U);
  EXPECT_TRUE(original.at("blocks.0.qkv.weight").equal(fused));
  const StateDict odd = table().to_canonical({{"blocks.0.qkv.weight", at::ones({4, 1})}});
  EXPECT_TRUE(odd.contains("blocks.0.qkv.weight")) << "no three parts: it is reported as it is";
}

}  // namespace
}  // namespace situ
