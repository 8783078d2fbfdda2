// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "situ/nn/state_dict.h"

namespace situ {

/// The two names of a tensor, or of all tensors below a name: "blocks.*.norm1" and
/// "layers.*.layer_norm1". "*" stands for a number, the same ones in both in their order.
struct KeyRule {
  std::string_view original;
  std::string_view canonical;
};

/// The same for three tensors that the original keeps as one, along its first axis.
struct FusedKeyRule {
  std::string_view original;
  std::array<std::string_view, 3> canonical;
};

/// Names of a network's tensors in its authors' files and in those of transformers, in both
/// directions. The first rule that fits counts.
class KeyTable {
 public:
  KeyTable(std::vector<KeyRule> rules, std::vector<FusedKeyRule> fused)
      : rules_(std::move(rules)), fused_(std::move(fused)) {}

  /// Tensors that no rule names keep their key; so they are reported where the network is filled.
  StateDict to_canonical(const StateDict& original) const;
  StateDict to_original(const StateDict& canonical) const;

 private:
  std::vector<KeyRule> rules_;
  std::vector<FusedKeyRule> fused_;
};

}  // namespace situ
