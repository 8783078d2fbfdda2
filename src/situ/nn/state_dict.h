// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace torch::nn {
class Module;
}

namespace situ {

/// Parameters and buffers by their full key, "down_blocks.0.resnets.0.conv1.weight".
using StateDict = std::map<std::string, at::Tensor>;

/// All parameters and persistent buffers of `module` (shared, not copied).
StateDict state_dict(const torch::nn::Module& module);

struct LoadReport {
  std::vector<std::string> missing;     // in the module, not in the state
  std::vector<std::string> unexpected;  // in the state, not in the module
  std::vector<std::string> misshaped;   // "key: expected [320, 9, 3, 3], got [320, 4, 3, 3]"
  bool exact() const { return missing.empty() && unexpected.empty() && misshaped.empty(); }
  /// One sentence with the counts and the first few of each kind.
  std::string text() const;
};

/// Copies `state` into `module` (converting the dtype) and reports what did not fit.
/// Tensors that fit are loaded even when others do not.
/// Each tensor is let go when it is copied, so that of a memory-mapped file that nobody else holds
/// only one is in memory at a time.
LoadReport load_matching(torch::nn::Module& module, StateDict state);

/// As above, but throws DataError(file, report) unless everything fits exactly.
void load_state_dict(torch::nn::Module& module, StateDict state, const std::string& file);

}  // namespace situ
