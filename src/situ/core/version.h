// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace situ {

/// The version of situ, "major.minor.patch".
std::string version();

}  // namespace situ
