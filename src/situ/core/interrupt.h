// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace situ {

/// Makes SIGINT and SIGTERM set a flag instead of ending the process; a second signal ends it at
/// once.
void install_interrupt_handler();

/// True once the user asked to stop.
bool interrupt_requested();

/// Throws Interrupted once the user asked to stop. Called between denoising steps, attempts and
/// images.
void throw_if_interrupted();

}  // namespace situ
