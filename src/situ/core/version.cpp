// SPDX-License-Identifier: Apache-2.0
#include "situ/core/version.h"

namespace situ {

std::string version() { return SITU_VERSION; }

}  // namespace situ
