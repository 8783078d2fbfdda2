// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/options/conv.h>
#include <torch/nn/options/embedding.h>
#include <torch/nn/options/linear.h>
#include <torch/nn/pimpl.h>

#include <optional>

namespace situ {

/// While it lives, layers that this thread makes get memory in the dtype that they will have, and
/// no starting values: a network that is filled from a file needs none, and drawing them for a
/// large one takes longer than reading it.
class UninitializedWeights {
 public:
  explicit UninitializedWeights(at::ScalarType dtype);
  UninitializedWeights(const UninitializedWeights&) = delete;
  UninitializedWeights& operator=(const UninitializedWeights&) = delete;
  ~UninitializedWeights();

 private:
  std::optional<at::ScalarType> before_;
};

/// input: [.., in], weight: [out, in], bias: [out] or undefined; at::linear, by the fastest way
/// that there is for it.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias = {});

/// The same, and GELU (of the error function) of the result; in bfloat16 on the CPU in one step,
/// from sums in float32.
at::Tensor linear_gelu(const at::Tensor& input, const at::Tensor& weight,
                       const at::Tensor& bias = {});

/// The same, and ReLU of the result; in one step as linear_gelu.
at::Tensor linear_relu(const at::Tensor& input, const at::Tensor& weight,
                       const at::Tensor& bias = {});

/// The same, and `residual`, of the result's shape, added; in one step as linear_gelu.
at::Tensor linear_plus(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                       const at::Tensor& residual);

// As torch::nn's layers of these names: the same options, keys, starting values and results.

class LinearImpl : public torch::nn::Cloneable<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features)
      : LinearImpl(torch::nn::LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const torch::nn::LinearOptions& options);
  void reset() override;
  at::Tensor forward(const at::Tensor& input);

  torch::nn::LinearOptions options;
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out] or undefined
};
TORCH_MODULE(Linear);

class Conv2dImpl : public torch::nn::Cloneable<Conv2dImpl> {
 public:
  /// Of the options situ uses: kernel_size, stride, padding (numbers) and bias.
  explicit Conv2dImpl(const torch::nn::Conv2dOptions& options);
  void reset() override;
  at::Tensor forward(const at::Tensor& input);

  torch::nn::Conv2dOptions options;
  at::Tensor weight;  // [out, in, kh, kw]
  at::Tensor bias;    // [out] or undefined

 private:
  std::vector<int64_t> padding_;
};
TORCH_MODULE(Conv2d);

class EmbeddingImpl : public torch::nn::Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t count, int64_t width);
  void reset() override;
  at::Tensor forward(const at::Tensor& indices);

  torch::nn::EmbeddingOptions options;
  at::Tensor weight;  // [count, width]
};
TORCH_MODULE(Embedding);

}  // namespace situ
