// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/command_line.h"

int main(int argc, char** argv) { return situ::run_command_line(argc, argv); }
