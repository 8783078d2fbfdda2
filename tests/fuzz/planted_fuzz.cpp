// SPDX-License-Identifier: Apache-2.0
// No reader: faults that the driver must find, so that a driver that finds nothing is noticed.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = situ::text_of(data, size);
  if (text.starts_with("crash") && text.size() < 10) std::abort();
  if (text.starts_with("memory") && text.size() < 10) {
    const std::vector<char> all(std::size_t{1} << 40);
    return all.back();
  }
  while (text.starts_with("forever") && text.size() < 10) ::pause();
  return 0;
}
