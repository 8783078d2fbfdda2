// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <string>

#include "fuzz/fuzz_input.h"
#include "situ/io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  const auto path = put_file("input", text_of(data, size));
  read_or_refuse([&] {
    const SafetensorsFile file(path);
    for (const std::string& name : file.names()) {
      read_or_refuse([&] { file.tensor(name).clone(); });
    }
  });
  return 0;
}
