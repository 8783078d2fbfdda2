// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "situ/backends/model_identity.h"

namespace situ {

/// {"name", "folder", "revision", "weights": [{"file", "sha256"}]}, as all records name a model.
nlohmann::ordered_json identity_to_json(const ModelIdentity& model);

/// The same value with text that is no UTF-8 (file names are bytes) made valid.
nlohmann::ordered_json valid_text(const nlohmann::ordered_json& value);

}  // namespace situ
