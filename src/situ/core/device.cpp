// SPDX-License-Identifier: Apache-2.0
#include "situ/core/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

#include "situ/core/memory.h"
#include "situ/core/nearest_name.h"

namespace situ {
namespace {

c10::Device cuda_device(const std::string& name) {
  int index = 0;
  if (name.size() > 4) {
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + 5, end, index);
    if (name[4] != ':' || error != std::errc() || stop != end || index < 0) {
      throw std::invalid_argument("device '" + name + "': expected cuda or cuda:<number>");
    }
  }
  const int count = at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
  if (index >= count) {
    throw std::invalid_argument("device '" + name + "': this machine and build of PyTorch offer " +
                                std::to_string(count) + " CUDA devices; use --device cpu");
  }
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

c10::Device parse_device(const std::string& name) {
  if (name == "cpu") return c10::kCPU;
  if (name == "auto") return at::hasCUDA() ? cuda_device("cuda") : c10::Device(c10::kCPU);
  if (name.starts_with("cuda")) return cuda_device(name);
  const std::vector<std::string> known = {"cpu", "cuda", "auto"};
  throw std::invalid_argument(unknown_name_message("device", name, known));
}

c10::ScalarType parse_dtype(const std::string& name) {
  static const std::vector<std::pair<std::string, c10::ScalarType>> table = {
      {"float32", c10::kFloat},
      {"float16", c10::kHalf},
      {"bfloat16", c10::kBFloat16},
      {"float64", c10::kDouble}};
  std::vector<std::string> known;
  for (const auto& [dtype_name, dtype] : table) {
    if (dtype_name == name) return dtype;
    known.push_back(dtype_name);
  }
  throw std::invalid_argument(unknown_name_message("dtype", name, known));
}

void set_thread_count(int threads) {
  if (threads < 0) {
    throw std::invalid_argument("threads = " + std::to_string(threads) + " must be 0 or more");
  }
  if (threads > 0) at::set_num_threads(threads);
}

void prepare_to_run_networks() {
  keep_freed_memory();
  at::globalContext().setFlushDenormal(true);
}

}  // namespace situ
