// SPDX-License-Identifier: Apache-2.0
#include "situ/core/interrupt.h"

#include <csignal>

#include "situ/core/errors.h"

namespace situ {
namespace {

// The one mutable global of situ: a signal handler has no other way to speak to the program.
volatile std::sig_atomic_t interrupt_flag = 0;

extern "C" void on_interrupt(int signal_number) {
  interrupt_flag = 1;
  std::signal(signal_number, SIG_DFL);
}

}  // namespace

void install_interrupt_handler() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

bool interrupt_requested() { return interrupt_flag != 0; }

void throw_if_interrupted() {
  if (interrupt_requested()) throw Interrupted();
}

}  // namespace situ
