// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "fuzz/fuzz_input.h"
#include "situ/io/image_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situ;
  const auto path = put_file("input", text_of(data, size));
  read_or_refuse([&] { load_image(path); });
  read_or_refuse([&] { load_image_rgba(path); });
  read_or_refuse([&] { load_labels(path); });
  return 0;
}
