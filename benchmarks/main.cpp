// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "situ/core/device.h"

int main(int argc, char** argv) {
  situ::prepare_to_run_networks();  // as the program
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
