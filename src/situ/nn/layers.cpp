// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/layers.h"

#include <ATen/ATen.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <torch/nn/init.h>

#include <cmath>
#include <string_view>
#include <utility>
#include <variant>

namespace situ {
namespace {

thread_local std::optional<at::ScalarType> uninitialized_dtype;

at::Tensor new_weight(at::IntArrayRef shape) {
  return at::empty(shape, at::TensorOptions().dtype(uninitialized_dtype.value_or(at::kFloat)));
}

// As torch::nn: uniform within 1 / sqrt(fan in), for weight and bias.
void start(at::Tensor& weight, at::Tensor& bias) {
  if (uninitialized_dtype) return;
  torch::nn::init::kaiming_uniform_(weight, std::sqrt(5));
  if (!bias.defined()) return;
  const double bound = 1 / std::sqrt(static_cast<double>(weight[0].numel()));
  torch::nn::init::uniform_(bias, -bound, bound);
}

// In float32 on the CPU oneDNN's convolution is about twice as fast as the BLAS of the wheel (and
// in bfloat16 both are oneDNN).
bool runs_as_convolution(const at::Tensor& input, const at::Tensor& weight) {
  constexpr int64_t kFewRows = 64;
  const bool gradients =
      c10::GradMode::is_enabled() && (input.requires_grad() || weight.requires_grad());
  return input.is_cpu() && input.scalar_type() == at::kFloat && !gradients && input.dim() >= 2 &&
         input.numel() >= kFewRows * weight.size(1);
}

// A linear layer is a 1x1 convolution over rows that are pixels; dense rows are channels-last.
at::Tensor linear_as_convolution(const at::Tensor& input, const at::Tensor& weight,
                                 const at::Tensor& bias) {
  const int64_t width = weight.size(1);
  const at::Tensor pixels =
      input.contiguous().view({1, -1, 1, width}).permute({0, 3, 1, 2});  // [1, in, rows, 1]
  const at::Tensor kernel = weight.unsqueeze(-1).unsqueeze(-1);
  const at::Tensor result = at::conv2d(pixels, kernel, bias).permute({0, 2, 3, 1});
  std::vector<int64_t> shape = input.sizes().vec();
  shape.back() = weight.size(0);
  return result.reshape(shape);
}

using LinearThen = at::Tensor(const at::Tensor& input, const at::Tensor& weight,
                              const std::optional<at::Tensor>& bias, std::string_view then,
                              c10::List<std::optional<at::Scalar>> numbers,
                              std::optional<std::string_view> algorithm);
using LinearWith = at::Tensor(const at::Tensor& input, const at::Tensor& other,
                              const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                              std::string_view how);

// libtorch's linear layer with a function after it, or with what is added to it, which its compiler
// uses; nothing where libtorch is built without oneDNN.
template <class Signature>
std::optional<c10::TypedOperatorHandle<Signature>> fused_operator(const char* overload) {
  const auto found =
      c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", overload});
  if (!found) return std::nullopt;
  return found->typed<Signature>();
}

std::optional<at::Tensor> optional_of(const at::Tensor& x) {
  return x.defined() ? std::optional(x) : std::nullopt;
}

bool may_be_fused(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  const auto plain = [](const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kBFloat16 &&
           !(c10::GradMode::is_enabled() && x.requires_grad());
  };
  return plain(input) && plain(weight) && (!bias.defined() || plain(bias)) && input.dim() >= 2 &&
         input.numel() > 0 && at::globalContext().userEnabledMkldnn() && at::hasMKLDNN();
}

std::optional<at::Tensor> linear_then(std::string_view function, const at::Tensor& input,
                                      const at::Tensor& weight, const at::Tensor& bias) {
  static const auto fused = fused_operator<LinearThen>("");
  if (!fused || !may_be_fused(input, weight, bias)) return std::nullopt;
  return fused->call(input.contiguous(), weight, optional_of(bias), function,
                     c10::List<std::optional<at::Scalar>>(), "none");
}

}  // namespace

UninitializedWeights::UninitializedWeights(at::ScalarType dtype)
    : before_(std::exchange(uninitialized_dtype, dtype)) {}

UninitializedWeights::~UninitializedWeights() { uninitialized_dtype = before_; }

at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  return runs_as_convolution(input, weight) ? linear_as_convolution(input, weight, bias)
                                            : at::linear(input, weight, bias);
}

at::Tensor linear_gelu(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  if (const auto fused = linear_then("gelu", input, weight, bias)) return *fused;
  at::Tensor sums = linear(input, weight, bias);
  return c10::GradMode::is_enabled() ? at::gelu(sums) : at::gelu_(sums);
}

at::Tensor linear_relu(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  if (const auto fused = linear_then("relu", input, weight, bias)) return *fused;
  at::Tensor sums = linear(input, weight, bias);
  return c10::GradMode::is_enabled() ? at::relu(sums) : at::relu_(sums);
}

at::Tensor linear_plus(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                       const at::Tensor& residual) {
  if (may_be_fused(input, weight, bias) && may_be_fused(input, residual, {})) {
    static const auto fused = fused_operator<LinearWith>("binary");
    if (fused) {
      return fused->call(input.contiguous(), residual.contiguous(), weight, optional_of(bias),
                         "add");
    }
  }
  at::Tensor sums = linear(input, weight, bias);
  return c10::GradMode::is_enabled() ? sums + residual : sums.add_(residual);
}

LinearImpl::LinearImpl(const torch::nn::LinearOptions& o) : options(o) { reset(); }

void LinearImpl::reset() {
  weight =
      register_parameter("weight", new_weight({options.out_features(), options.in_features()}));
  bias = options.bias() ? register_parameter("bias", new_weight({options.out_features()}))
                        : register_parameter("bias", {}, /*requires_grad=*/false);
  start(weight, bias);
}

at::Tensor LinearImpl::forward(const at::Tensor& input) { return linear(input, weight, bias); }

Conv2dImpl::Conv2dImpl(const torch::nn::Conv2dOptions& o) : options(o) { reset(); }

void Conv2dImpl::reset() {
  const at::IntArrayRef kernel = options.kernel_size();
  const at::IntArrayRef padding = std::get<torch::ExpandingArray<2>>(options.padding());
  padding_ = padding.vec();
  weight = register_parameter(
      "weight", new_weight({options.out_channels(), options.in_channels(), kernel[0], kernel[1]}));
  bias = options.bias() ? register_parameter("bias", new_weight({options.out_channels()}))
                        : register_parameter("bias", {}, /*requires_grad=*/false);
  start(weight, bias);
}

at::Tensor Conv2dImpl::forward(const at::Tensor& input) {
  return at::conv2d(input, weight, bias, options.stride(), padding_);
}

EmbeddingImpl::EmbeddingImpl(int64_t count, int64_t width) : options(count, width) { reset(); }

void EmbeddingImpl::reset() {
  weight =
      register_parameter("weight", new_weight({options.num_embeddings(), options.embedding_dim()}));
  if (!uninitialized_dtype) torch::nn::init::normal_(weight);
}

at::Tensor EmbeddingImpl::forward(const at::Tensor& indices) {
  return at::embedding(weight, indices);
}

}  // namespace situ
