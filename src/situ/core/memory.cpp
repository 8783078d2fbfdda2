// SPDX-License-Identifier: Apache-2.0
#include "situ/core/memory.h"

#if defined(__GLIBC__)
#include <malloc.h>

#include <limits>
#endif

namespace situ {

#if defined(__GLIBC__)

void keep_freed_memory() {
  ::mallopt(M_MMAP_MAX, 0);  // large blocks come from the heap too
  ::mallopt(M_TRIM_THRESHOLD,
            std::numeric_limits<int>::max());  // whose end is not cut off by itself
}

void give_back_freed_memory() { ::malloc_trim(0); }

#else

void keep_freed_memory() {}
void give_back_freed_memory() {}

#endif

}  // namespace situ
