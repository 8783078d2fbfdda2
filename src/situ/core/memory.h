// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace situ {

/// From now on this process keeps the memory that tensors let go, for the next ones. glibc would
/// give each large block back to the system at once and get new pages, zeroed one fault at a time,
/// for the next: about a quarter of a network's time. For programs, at their start; a library must
/// not decide this for its user.
void keep_freed_memory();

/// Gives what is kept and not in use back to the system: after a large part of a program's memory
/// was let go for good.
void give_back_freed_memory();

}  // namespace situ
