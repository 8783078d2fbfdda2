// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace situ {

/// Thrown by a model with a closed vocabulary for a prompt outside it; the message names the prompt
/// and the nearest known ones. No further attempt can help, so the pipeline lets it pass.
class UnknownPrompt : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

}  // namespace situ
