// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "fuzz/fuzz_input.h"
#include "situ/io/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  const auto path = put_file("input", text_of(data, size));
  read_or_refuse([&] { load_npy(path); });
  read_or_refuse([&] { load_npz(path); });
  return 0;
}
