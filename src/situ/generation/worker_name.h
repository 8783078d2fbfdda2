// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace situ {

/// "<host>-<process>-<random>": a name that no other worker of a run has, on any machine.
std::string new_worker_name();

/// Whether the worker's process is known to have ended: it was on this machine and is gone. A
/// worker elsewhere, and text that is no worker's name, counts as running.
bool worker_has_ended(const std::string& name);

}  // namespace situ
