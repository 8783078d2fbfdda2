// SPDX-License-Identifier: Apache-2.0
#include "situ/core/tensor_check.h"

#include <charconv>
#include <map>
#include <stdexcept>

namespace situ {
namespace {

std::string text(at::IntArrayRef sizes) {
  std::string out = "[";
  for (size_t i = 0; i < sizes.size(); ++i) out += (i ? ", " : "") + std::to_string(sizes[i]);
  return out + "]";
}

bool matches(at::IntArrayRef sizes, std::initializer_list<std::string_view> shape) {
  if (sizes.size() != shape.size()) return false;
  std::map<std::string_view, int64_t> named;
  size_t axis = 0;
  for (const std::string_view letter : shape) {
    const int64_t size = sizes[axis++];
    int64_t number = 0;
    const auto [end, error] = std::from_chars(letter.data(), letter.data() + letter.size(), number);
    if (error == std::errc() && end == letter.data() + letter.size()) {
      if (size != number) return false;
    } else if (size < 1 || named.emplace(letter, size).first->second != size) {
      return false;
    }
  }
  return true;
}

}  // namespace

void check_shape(const at::Tensor& tensor, std::initializer_list<std::string_view> shape,
                 std::string_view where) {
  if (tensor.defined() && matches(tensor.sizes(), shape)) return;
  std::string expected = "[";
  for (const std::string_view letter : shape) {
    expected += (expected.size() > 1 ? ", " : "") + std::string(letter);
  }
  throw std::invalid_argument(std::string(where) + ": expected " + expected + "], got " +
                              shape_text(tensor));
}

void check_dtype(const at::Tensor& tensor, at::ScalarType dtype, std::string_view where) {
  if (tensor.defined() && tensor.scalar_type() == dtype) return;
  throw std::invalid_argument(
      std::string(where) + ": expected dtype " + c10::toString(dtype) + ", got " +
      (tensor.defined() ? c10::toString(tensor.scalar_type()) : "an undefined tensor"));
}

void check_image(const at::Tensor& image, std::string_view where) {
  check_shape(image, {"3", "H", "W"}, where);
  check_dtype(image, at::kByte, where);
}

void check_mask(const at::Tensor& mask, std::string_view where) {
  check_shape(mask, {"H", "W"}, where);
  check_dtype(mask, at::kBool, where);
}

std::string shape_text(const at::Tensor& tensor) {
  return tensor.defined() ? text(tensor.sizes()) : "an undefined tensor";
}

}  // namespace situ
