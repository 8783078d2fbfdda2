// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "situ/pipeline/object_insertion.h"

namespace situ {

/// Puts the object into a template: {} with "a" or "an" unless it has an article, {object} as it
/// is.
std::string prompt_of(const std::string& prompt_template, const std::string& object,
                      Compat compat = Compat::kNone);

}  // namespace situ
