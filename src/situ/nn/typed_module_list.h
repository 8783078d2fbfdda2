// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/container/modulelist.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace situ {

/// A `torch::nn::ModuleList` whose elements keep their type: no casts at the place of use.
template <class Holder>
class TypedModuleList {
 public:
  /// Registers an empty list on `owner` under `name`, so that element i has the keys
  /// `<name>.<i>.…`.
  TypedModuleList(torch::nn::Module& owner, const std::string& name)
      : list_(owner.register_module(name, torch::nn::ModuleList())) {}

  void append(Holder module) {
    list_->push_back(module.ptr());
    modules_.push_back(std::move(module));
  }

  bool empty() const { return modules_.empty(); }
  std::size_t size() const { return modules_.size(); }
  Holder& operator[](std::size_t i) { return modules_[i]; }
  Holder& back() { return modules_.back(); }
  auto begin() { return modules_.begin(); }
  auto end() { return modules_.end(); }

 private:
  torch::nn::ModuleList list_;
  std::vector<Holder> modules_;
};

}  // namespace situ
