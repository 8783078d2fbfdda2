// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace situ {

/// Where and how networks compute. The CPU in float32 is the reference.
struct Compute {
  c10::Device device = c10::kCPU;
  c10::ScalarType dtype = c10::kFloat;
};

/// "cpu", "cuda", "cuda:1", or "auto" (cuda where there is one).
/// Throws std::invalid_argument for another name or a device that this machine or build lacks.
c10::Device parse_device(const std::string& name);

/// "float32", "float16", "bfloat16" or "float64". Throws std::invalid_argument for another name.
c10::ScalarType parse_dtype(const std::string& name);

/// Threads for libtorch's kernels; 0 leaves the default (one a core).
void set_thread_count(int threads);

/// For programs that are about to run networks, before their first thread starts: this process
/// keeps freed memory (core/memory.h), and counts numbers below 1.2e-38 as zero, here and in the
/// threads that start from here. Processors take a hundred times as long for such numbers, and
/// untrained weights can be full of them. Not for programs that compare scores, which may be so
/// small.
void prepare_to_run_networks();

}  // namespace situ
