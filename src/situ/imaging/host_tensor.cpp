// SPDX-License-Identifier: Apache-2.0
#include "situ/imaging/host_tensor.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <string>

#include "situ/core/tensor_check.h"

namespace situ {

at::Tensor contiguous_host_mask(const at::Tensor& mask, std::string_view where) {
  check_mask(mask, where);
  check_host(mask, where);
  return mask.contiguous();
}

void check_host(const at::Tensor& tensor, std::string_view where) {
  if (tensor.is_cpu() && tensor.layout() == at::kStrided) return;
  throw std::invalid_argument(std::string(where) + ": expected a dense CPU tensor, got one on " +
                              tensor.device().str());
}

}  // namespace situ
