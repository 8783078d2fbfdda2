// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "situ/core/memory.h"

int main(int argc, char** argv) {
  situ::keep_freed_memory();  // as the program
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
