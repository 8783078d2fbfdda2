// SPDX-License-Identifier: Apache-2.0
#include "situ/io/torch_archive.h"

#include <ATen/ATen.h>

#include <string>

#include "fuzz/fuzz_input.h"
#include "situ/io/pickle.h"

// Archives of both kinds; what is neither is read as a pickle alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  const auto path = put_file("input", text_of(data, size));
  read_or_refuse([&] {
    if (!is_torch_archive(path)) {
      const Pickle pickle(text_of(data, size), "input");
      return;
    }
    // Each tensor alone: many that repeat elements would together take more than memory has.
    for (const auto& [name, tensor] : load_torch_archive(path)) tensor.clone();
  });
  return 0;
}
