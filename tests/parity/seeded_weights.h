// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

#include "situ/io/safetensors.h"
#include "situ/nn/state_dict.h"

namespace situ {

inline at::Generator seeded(std::uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

/// Fills tensors as `seeded_weights` of tools/parity_fixture.py does.
inline void fill_with_seeded_weights(const StateDict& state) {
  const at::NoGradGuard no_gradients;
  std::uint64_t index = 0;
  for (const auto& [key, tensor] : state) {
    at::Tensor values = at::randn(tensor.sizes(), seeded(1000 + index++), at::kFloat);
    if (tensor.dim() > 1) {
      values = values / std::sqrt(static_cast<double>(values[0].numel()));
    } else {
      values = key.ends_with("weight") ? 1 + 0.1 * values : 0.1 * values;
    }
    at::Tensor target = tensor;
    target.copy_(values);
  }
}

inline void fill_with_seeded_weights(torch::nn::Module& module) {
  fill_with_seeded_weights(state_dict(module));
}

/// Reference tensors and the configuration they were made with.
class ParityFixture {
 public:
  explicit ParityFixture(const std::string& name)
      : path_(std::string(SITU_SOURCE_DIR "/tests/parity/") + name + ".safetensors"),
        file_(path_) {}
  const std::string& path() const { return path_; }
  nlohmann::json config() const { return nlohmann::json::parse(file_.metadata().at("config")); }
  at::Tensor operator[](const std::string& tensor) const { return file_.tensor(tensor); }

 private:
  std::string path_;
  SafetensorsFile file_;
};

inline void expect_near(const at::Tensor& got, const at::Tensor& expected, double tolerance,
                        const std::string& what) {
  ASSERT_EQ(got.sizes(), expected.sizes()) << what;
  EXPECT_LE((got - expected).abs().max().item<double>(), tolerance) << what;
}

/// For the steps of a scheduler: 1e-5, or a millionth of the run's largest number where that is
/// more. That is some eight steps of float32, and as much as diffusers itself differs by between
/// processors of two makers; samples of a thousand sigmas are small differences of such numbers.
inline double trajectory_tolerance(const at::Tensor& start, const at::Tensor& trajectory) {
  const auto largest = [](const at::Tensor& x) { return x.abs().max().item<double>(); };
  return std::max(1e-5, 1e-6 * std::max(largest(start), largest(trajectory)));
}

}  // namespace situ
