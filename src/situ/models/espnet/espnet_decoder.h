// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <vector>

namespace situ {

/// Batch normalisation and a PReLU: keys <0>, <1> of a scope.
class NormActivationImpl : public torch::nn::Module {
 public:
  explicit NormActivationImpl(std::int64_t channels);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::PReLU activation_{nullptr};
};
TORCH_MODULE(NormActivation);

/// A convolution in front of a NormActivation: keys cbr.0, cbr.1, cbr.2.
class DecoderConvolutionImpl : public torch::nn::Module {
 public:
  DecoderConvolutionImpl(std::int64_t in, std::int64_t out, std::int64_t kernel,
                         std::int64_t groups);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d convolution_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::PReLU activation_{nullptr};
};
TORCH_MODULE(DecoderConvolution);

/// The efficient pyramid pooling of ESPNetv2's decoder: depthwise convolutions at five scales.
class PyramidPoolImpl : public torch::nn::Module {
 public:
  /// last: it gives out the classes, with a bias and without a norm.
  PyramidPoolImpl(std::int64_t in, std::int64_t width, std::int64_t out, bool last);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor at_scale(const at::Tensor& x, std::size_t scale);

  DecoderConvolution projection_{nullptr};
  std::vector<torch::nn::Conv2d> stages_;
  NormActivation joined_{nullptr};
  DecoderConvolution merged_{nullptr};
  torch::nn::Conv2d output_{nullptr};
  NormActivation output_norm_{nullptr};  // empty in the last
};
TORCH_MODULE(PyramidPool);

/// Brings an encoder's map to the decoder's channels, each weighted by the map's mean.
class EncoderBridgeImpl : public torch::nn::Module {
 public:
  EncoderBridgeImpl(std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d weights_{nullptr};
  DecoderConvolution expansion_{nullptr};
};
TORCH_MODULE(EncoderBridge);

}  // namespace situ
