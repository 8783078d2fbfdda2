// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/io/pickle.h"

namespace situ {

// What situ understands of the names that pickles of tensors import. Nothing is ever called.

/// The name may stand in a pickle: one of torch's storage types and rebuild functions, or of a
/// package whose objects are harmless training state.
bool is_known_global(const std::string& name);

/// A call of it makes a dictionary (collections.OrderedDict).
bool makes_dict(const PickleGlobal& global);

/// What a call stands for: a PickledTensor, or PickleOpaque for harmless objects.
/// Throws std::invalid_argument for arguments that are not those of torch's function.
PickleValue called(const PickleGlobal& global, const std::vector<PickleValue>& arguments);

/// The storage that a persistent id ("storage", type, key, location, size) names, as a tensor over
/// the whole of it. Throws std::invalid_argument for another id.
PickledTensor storage_from(const PickleValue& id);

}  // namespace situ
