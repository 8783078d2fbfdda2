// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/state_dict.h"

#include <torch/nn/module.h>

#include <algorithm>

#include "situ/core/errors.h"
#include "situ/core/tensor_check.h"

namespace situ {
namespace {

void append_list(std::string& text, const char* kind, const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  constexpr std::size_t kShown = 5;
  text += (text.empty() ? "" : "; ") + std::to_string(keys.size()) + " " + kind + ": ";
  for (std::size_t i = 0; i < std::min(kShown, keys.size()); ++i) text += (i ? ", " : "") + keys[i];
  if (keys.size() > kShown) text += ", …";
}

}  // namespace

StateDict state_dict(const torch::nn::Module& module) {
  StateDict state;
  for (const auto& item : module.named_parameters()) state.emplace(item.key(), item.value());
  for (const auto& item : module.named_buffers()) state.emplace(item.key(), item.value());
  return state;
}

std::string LoadReport::text() const {
  std::string text;
  append_list(text, "missing", missing);
  append_list(text, "unexpected", unexpected);
  append_list(text, "mis-shaped", misshaped);
  return text.empty() ? "every tensor fits" : text;
}

LoadReport load_matching(torch::nn::Module& module, StateDict state) {
  const at::NoGradGuard no_gradients;
  LoadReport report;
  for (auto& [key, target] : state_dict(module)) {
    const auto found = state.extract(key);
    if (found.empty()) {
      report.missing.push_back(key);
    } else if (found.mapped().sizes() != target.sizes()) {
      report.misshaped.push_back(key + ": expected " + shape_text(target) + ", got " +
                                 shape_text(found.mapped()));
    } else {
      at::Tensor own = target;
      own.copy_(found.mapped());
    }
  }
  for (const auto& [key, tensor] : state) report.unexpected.push_back(key);
  return report;
}

void load_state_dict(torch::nn::Module& module, StateDict state, const std::string& file) {
  const LoadReport report = load_matching(module, std::move(state));
  if (!report.exact()) throw DataError(file, "the tensors do not fit the model: " + report.text());
}

}  // namespace situ
